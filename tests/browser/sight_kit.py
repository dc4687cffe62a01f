"""What a reader with weak eyes, or one who hears the page, would miss: measured in the page itself."""

from typing import Any

from tests.browser.page_kit import Page

_CONTRASTS = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const light = (color) => {
    const linear = (one) => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4;
    const [r, g, b] = color.slice(0, 3).map((one) => linear(one / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(rgba(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const style = getComputedStyle(element);
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(":disabled, .unseen, .skip, script, style")) continue;
    const behind = ground(element);
    const text = over(rgba(element instanceof SVGElement ? style.fill : style.color), behind);
    const [bright, dark] = [light(text), light(behind)].sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (bright + .05) / (dark + .05);
    if (ratio < (large ? 3 : 4.5)) found.add(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return [...found];
})()
"""

_UNLABELLED = """
[...document.querySelectorAll("input, select, textarea, button, a[href], iframe, [role=img], [role=meter]")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute("aria-label") || one.title || one.textContent.trim() && !one.matches("select")
    || [...one.labels ?? []].some((label) => label.textContent.trim())))
  .map((one) => one.outerHTML.slice(0, 120))
"""


def weak_contrasts(page: Page) -> list[str]:
    """Return every text that is seen with less contrast than WCAG's level AA asks for, with its ratio."""
    found: list[str] = page.value(_CONTRASTS)
    return found


def unlabelled(page: Page) -> list[str]:
    """Return the controls, pictures and frames that have no name."""
    found: Any = page.value(_UNLABELLED)
    return list(found)
