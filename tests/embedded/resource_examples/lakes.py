"""Examples of what governs a lake: databases that are resource links, and permissions on them."""

from tests.embedded.resource_examples.world import EXAMPLES, ROLE, Example, World, trust

DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
PERMISSIONS = "aws:lakeformation/permissions:Permissions"


def _database(world: World) -> Example:
    target = {"catalogId": "000000000000:s3tablescatalog/somewhere", "databaseName": "metering"}
    inputs = {"name": f"{world.name}_link", "targetDatabase": target, "description": "one", "tags": {"a": "1"}}
    change = inputs | {"description": "two", "parameters": {"b": "2"}, "tags": {"b": "2"}}
    replaced = {"name": "other", "catalogId": "111111111111", "targetDatabase": {**target, "databaseName": "other"}}
    return Example(inputs, change, replaced, frozenset({"arn", "catalogId"}))


def _permissions(world: World) -> Example:
    role = world.make(ROLE, {"assumeRolePolicy": trust("lambda.amazonaws.com"), "path": "/readers/"})[1]["arn"]
    database = world.make(DATABASE)[1]
    resource = {"catalogId": database["catalogId"], "name": database["name"]}
    inputs = {"principal": role, "permissions": ["DROP", "DESCRIBE"], "database": resource}
    return Example(inputs, {}, {"permissions": ["DROP"], "principal": "other", "database": {"name": "other"}})


EXAMPLES |= {DATABASE: _database, PERMISSIONS: _permissions}
