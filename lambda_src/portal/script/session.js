// Who is signed in, and every request that the page makes. Tokens are in this memory alone: closing or loading the page
// anew signs out.

const config = JSON.parse(byId("config").textContent);
// Two slashes at the beginning of the path would name another host.
const BASE = new URL(location.pathname.replace(/^\/+/, "/").replace(/\/+$/, "").replace(/[^/]*$/, ""), location.origin);
const NO_ANSWER = "There was no answer. Check your connection, then try again.";
const MESSAGES = {
  NotAuthorizedException: "The e-mail address or the password is wrong.",
  UserNotFoundException: "The e-mail address or the password is wrong.",
  UserNotConfirmedException: "This address has not been confirmed yet. Follow the link or code that was sent to it.",
  PasswordResetRequiredException: "The password must be reset. Ask whoever manages your account.",
  TooManyRequestsException: "There were too many attempts. Wait a minute, then try again.",
  LimitExceededException: "There were too many attempts. Wait a while, then try again.",
};
let session = null;

/** The page was told no. `heading` and `message` are for the reader. */
class Refusal extends Error {
  constructor(code, heading, message) {
    super(message);
    Object.assign(this, { code, heading });
  }
}

/** The session is over and the sign-in is shown: nothing is left to be done. */
class SignedOut extends Error {}

async function cognito(action, body) {
  let answer;
  try {
    answer = await fetch(config.cognitoEndpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify({ ClientId: config.clientId, ...body }),
      credentials: "omit",
      cache: "no-store",
    });
  } catch {
    throw new Refusal("network", "No connection", NO_ANSWER);
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const code = String(told.__type ?? "").split("#").pop() || String(answer.status);
  const known = /attempts exceeded/i.test(told.message ?? "") ? undefined : MESSAGES[code];
  throw new Refusal(code, "Sign-in failed", known ?? told.message ?? `Sign-in is not possible now (${code}).`);
}

/** Signs in. Returns null, or the challenge that has to be answered first. */
async function signIn(email, password) {
  const answer = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: email, PASSWORD: password },
  });
  return admit(email, answer);
}

async function setPassword(email, challenge, password) {
  const answer = await cognito("RespondToAuthChallenge", {
    ChallengeName: challenge.ChallengeName,
    Session: challenge.Session,
    ChallengeResponses: { USERNAME: challenge.ChallengeParameters?.USER_ID_FOR_SRP ?? email, NEW_PASSWORD: password },
  });
  return admit(email, answer);
}

function admit(email, answer) {
  const tokens = answer.AuthenticationResult;
  if (tokens) {
    session = { email, idToken: tokens.IdToken, refreshToken: tokens.RefreshToken, renewing: null, month: null };
    return null;
  }
  if (answer.ChallengeName === "NEW_PASSWORD_REQUIRED") return answer;
  const rule = `This account asks for a step that this page does not offer (${answer.ChallengeName}).`;
  throw new Refusal(answer.ChallengeName, "Sign-in failed", rule);
}

/** Ends the session, here and, as far as that succeeds, at Cognito. */
function signOut() {
  const token = session?.refreshToken;
  session = null;
  if (token) cognito("RevokeToken", { Token: token }).catch(() => {});
}

/** Gets a new ID token, once however many requests find the old one expired. */
function renew(mine) {
  mine.renewing ??= cognito("InitiateAuth", {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    AuthParameters: { REFRESH_TOKEN: mine.refreshToken },
  })
    .then((answer) => { mine.idToken = answer.AuthenticationResult.IdToken; })
    .finally(() => { mine.renewing = null; });
  return mine.renewing;
}

/** Asks the API, with the caller's token. Returns the answer if it is a success. */
async function ask(path, accept, signal) {
  const mine = session;
  for (let tried = 0; mine && mine === session; tried += 1) {
    const token = mine.idToken;
    const answer = await sent(path, token, accept, signal);
    if (answer.status !== 401) return checked(answer);
    if (tried) break;
    if (mine.idToken === token) {
      try {
        await renew(mine);
      } catch (error) {
        if (error.code === "network") throw error;
        break;
      }
    }
  }
  if (mine && mine === session) {
    session = null;
    showSignIn("Your session has expired. Sign in again to go on where you were.");
  }
  throw new SignedOut();
}

// What the API says of a refusal, as a sentence; a name of a meter or member in front stays as it is.
const asSentence = (text) => text
  ?.replace(/^[a-z](?=[a-z]* )/, (first) => first.toUpperCase())
  .replace(/[^.!?]$/, "$&.");

async function sent(path, token, accept, signal) {
  try {
    return await fetch(new URL(path, BASE), {
      headers: { Authorization: token, Accept: accept },
      credentials: "omit",
      redirect: "manual",
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refusal("network", "No connection", NO_ANSWER);
  }
}

async function checked(answer) {
  if (answer.ok) return answer;
  if (answer.type === "opaqueredirect") {
    throw new Refusal(303, "Too large to show", "This document has more than 4 MB. Get it through the API instead.");
  }
  const told = await answer.json().catch(() => ({}));
  const detail = asSentence(told.detail ?? told.message);
  if (answer.status === 404) throw new Refusal(404, "Not found", detail ?? "There is nothing here.");
  if (answer.status === 403) throw new Refusal(403, "Not allowed", "Your account may not see this.");
  if (answer.status === 429) {
    const wait = answer.headers.get("Retry-After");
    const when = wait ? `in ${plural(Number(wait), "second")}` : "in a moment";
    throw new Refusal(429, "Too many requests", `${detail ?? "The limit of requests is reached."} Try again ${when}.`);
  }
  if (answer.status < 500) throw new Refusal(answer.status, "This does not work", detail ?? "The request was refused.");
  throw new Refusal(answer.status, "Something went wrong", "The service could not answer. Try again in a moment.");
}

const askJson = async (path, signal) => (await ask(path, "application/json", signal)).json();
const askText = async (path, accept, signal) => (await ask(path, accept, signal)).text();
