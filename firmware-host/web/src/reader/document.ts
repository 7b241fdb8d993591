// What an OpenAPI document says, as people read it.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  prefixItems?: Schema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

interface Media {
  schema?: Schema;
}

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
}

export interface Document {
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Address {
  method: string;
  path: string;
  tag: string;
  about: string;
  /** Name, where it stands, type and range, what it is. */
  parameters: string[][];
  /** Name, type, what it is, of the body's fields. */
  body: string[][];
  /** Code, media type, what it is. */
  answers: string[][];
  example: string;
}

function resolved(schema: Schema | undefined, document: Document): Schema {
  const name = schema?.$ref?.split("/").at(-1);
  return (name && document.components?.schemas?.[name]) || schema || {};
}

/** A type in a few words; of an object its name. */
export function type_of(schema: Schema | undefined, document: Document): string {
  if (!schema) return "";
  if (schema.$ref) {
    const whole = resolved(schema, document);
    return whole.properties ? (schema.$ref.split("/").at(-1) ?? "") : type_of(whole, document);
  }
  const some = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(" | ");
  if (some) return some.map((one) => type_of(one, document)).filter(Boolean).join(" | ");
  const types = schema.type === undefined ? ["any"] : [schema.type].flat();
  const words = types.map((type) => type === "array" ? `[${schema.prefixItems ? schema.prefixItems.map((one) => type_of(one, document)).join(", ") : type_of(schema.items, document)}]` : type);
  const range = schema.minimum === undefined && schema.maximum === undefined ? "" : ` ${schema.minimum ?? ""}…${schema.maximum ?? ""}`;
  return words.join(" | ") + range + (schema.maxLength === undefined ? "" : ` of at most ${schema.maxLength} characters`);
}

function fields(schema: Schema | undefined, document: Document): string[][] {
  const whole = resolved(schema, document);
  return Object.entries(whole.properties ?? {}).map(([name, field]) =>
    [name + (whole.required?.includes(name) ? "" : " (optional)"), type_of(field, document), field.description ?? resolved(field, document).description ?? ""]);
}

function example(method: string, path: string, has_body: boolean, origin: string): string {
  const body = has_body ? " -H 'Content-Type: application/json' -d '{…}'" : "";
  return method === "GET" ? `curl ${origin}${path}` : `curl -X ${method} -H 'X-Skyhound-Client: me'${body} ${origin}${path}`;
}

/** All addresses, those of a tag together, in the order of the document. */
export function addresses(document: Document, origin: string): Address[] {
  const all = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): Address => {
    const body = operation.requestBody?.content["application/json"]?.schema;
    return {
      method: method.toUpperCase(), path, tag: operation.tags?.[0] ?? "others",
      about: [operation.summary, operation.description].filter(Boolean).join(" "),
      parameters: (operation.parameters ?? []).map((one) => [one.name, one.in, type_of(one.schema, document), one.description ?? ""]),
      body: fields(body, document),
      answers: Object.entries(operation.responses).map(([code, told]) => [code, Object.keys(told.content ?? {}).join(", "), told.description ?? ""]),
      example: example(method.toUpperCase(), path, Boolean(body), origin),
    };
  }));
  const tags = [...new Set(all.map((address) => address.tag))];
  return tags.flatMap((tag) => all.filter((address) => address.tag === tag));
}
