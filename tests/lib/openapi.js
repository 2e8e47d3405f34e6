// openapi.js - asks the API as docs/openapi.yaml describes it: every answer is held against the description, and what has
// been seen is remembered, so that a test can say what has not.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {parse} from 'yaml';
import {ROOT} from './broker.js';

export const description = parse(readFileSync(join(ROOT, 'docs/openapi.yaml'), 'utf8'));

const ajv = new Ajv2020({strict: false, allErrors: true});
addFormats(ajv);
ajv.addSchema(description, 'openapi');

/** The description of a $ref, or the thing itself. */
export function resolve(thing) {
  if (!thing?.$ref)
    return thing;
  return thing.$ref.slice(2).split('/').reduce((at, key) => at[key], description);
}

const methods = ['get', 'put', 'post', 'patch', 'delete'];

/** Every operation: {id, method, path, operation}. */
export const operations = Object.entries(description.paths).flatMap(([path, item]) => methods.filter((m) => item[m])
  .map((method) => ({id: item[method].operationId, method: method.toUpperCase(), path, operation: item[method]})));

function fits(template, path) {
  const pattern = template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}

export function operationOf(method, path) {
  return operations.find((one) => one.method === method && fits(one.path, path.split('?')[0]));
}

const validators = new Map();

/** A validator of the schema that an answer of this operation, status and type must have. */
function validator(one, status, type) {
  const key = `${one.id} ${status} ${type}`;
  if (!validators.has(key)) {
    const response = one.operation.responses[status];
    const base = response.$ref
      ? `openapi${response.$ref}`
      : `openapi#/paths/${one.path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${one.method.toLowerCase()}/responses/${status}`;
    validators.set(key, ajv.compile({$ref: `${base}/content/${type.replaceAll('/', '~1')}/schema`}));
  }
  return validators.get(key);
}

/** What has been answered so far: "operation status" and, of problems, "operation status code". */
export const seen = new Set();

function check(one, status, type, text) {
  const response = resolve(one.operation.responses[status]);
  assert.ok(response, `${one.method} ${one.path} answered ${status}, which docs/openapi.yaml does not know: ${text}`);
  seen.add(`${one.id} ${status}`);
  if (!response.content) {
    assert.equal(text, '', `${one.id} ${status} has a body: ${text}`);
    return;
  }
  const media = type?.split(';')[0];
  assert.ok(response.content[media], `${one.id} ${status} is ${type}, not ${Object.keys(response.content)}`);
  if (!media.endsWith('json'))
    return;
  const value = JSON.parse(text), validate = validator(one, status, media);
  assert.ok(validate(value), `${one.id} ${status}: ${JSON.stringify(validate.errors?.slice(0, 3))} in ${text.slice(0, 2000)}`);
  if (media === 'application/problem+json') {
    seen.add(`${one.id} ${status} ${value.code}`);
    assert.equal(value.status, status);
  }
}

/** call(method, path, {token, body, headers, text}) for the server at url; the answer has status, headers, text and json. */
export function caller(url) {
  return async (method, path, {token, body, text, headers = {}, signal} = {}) => {
    const all = {...(token && {authorization: `Bearer ${token}`}), ...(body !== undefined && {'content-type': 'application/json'}), ...headers};
    const response = await fetch(url + path, {method, headers: all, signal, redirect: 'manual',
      body: text ?? (body === undefined ? undefined : JSON.stringify(body))});
    const answer = {status: response.status, headers: response.headers, text: await response.text()};
    assert.match(response.headers.get('x-request-id') ?? '', /^[\w.-]{1,64}$/);
    const one = operationOf(method, path);
    if (one)
      check(one, response.status, response.headers.get('content-type'), answer.text);
    if (answer.text && response.headers.get('content-type')?.split(';')[0].endsWith('json'))
      answer.json = JSON.parse(answer.text);
    return answer;
  };
}
