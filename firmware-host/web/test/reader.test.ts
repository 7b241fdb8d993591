import assert from "node:assert/strict";
import { test } from "node:test";
import { addresses, type_of } from "../src/reader/document.ts";

const document = {
  info: { title: "t", version: "1" },
  paths: {
    "/a": { post: { tags: ["x"], summary: "Does it.", requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Body" } } } },
      responses: { 200: { description: "Done", content: { "application/json": {} } } } } },
    "/b/{name}": { get: { tags: ["y"], parameters: [{ name: "name", in: "path", schema: { type: "string", maxLength: 9 } }], responses: { 404: { description: "None" } } } },
    "/c": { get: { tags: ["x"], responses: {} } },
  },
  components: { schemas: { Body: { properties: { on: { type: "boolean", description: "Allow." }, form: { $ref: "#/components/schemas/Form" } }, required: ["on"] },
    Form: { enum: ["json", "csv"], description: "Form." } } },
};

test("an API's document is read as its addresses, those of a tag together", () => {
  const [first, second, third] = addresses(document, "http://h");
  assert.deepEqual([first?.path, second?.path, third?.path], ["/a", "/c", "/b/{name}"]);
  assert.deepEqual(first?.body, [["on", "boolean", "Allow."], ["form (optional)", '"json" | "csv"', "Form."]]);
  assert.equal(first?.example, "curl -X POST -H 'X-Skyhound-Client: me' -H 'Content-Type: application/json' -d '{…}' http://h/a");
  assert.deepEqual(third?.parameters, [["name", "path", "string of at most 9 characters", ""]]);
  assert.deepEqual(third?.answers, [["404", "", "None"]]);
  assert.equal(type_of({ type: "array", items: { type: "array", prefixItems: [{ type: "number" }, { type: "number" }] } }, document), "[[number, number]]");
});
