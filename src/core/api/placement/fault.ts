/**
 * What Placement says when it will not: a status, a sentence, and from 1.23 on a code that
 * programs can read.
 *
 *   Accept allows JSON   {"errors": [{"status", "title", "detail", "code", "request_id"}]}
 *   text/html            a small page
 *   anything else        plain text
 */
import type { HttpRequest, HttpResponse } from '../http.ts';

/** Codes that callers act on. */
export type Code =
  | 'placement.undefined_code'
  | 'placement.concurrent_update'
  | 'placement.duplicate_name'
  | 'placement.inventory.inuse'
  | 'placement.resource_provider.inuse'
  | 'placement.resource_provider.cannot_delete_parent'
  | 'placement.resource_provider.not_found'
  | 'placement.query.duplicate_key'
  | 'placement.query.bad_value'
  | 'placement.query.missing_value';

export interface Fault {
  readonly is: 'fault';
  readonly status: number;
  readonly detail: string;
  readonly code: Code;
  /** Further fields of the error; e.g. the range of versions. */
  readonly more?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export const fault = (
  status: number,
  detail: string,
  code: Code = 'placement.undefined_code',
): Fault => ({ is: 'fault', status, detail, code });

/** What a caller that lost a race should read: look again, and try again. */
export const conflict = (detail: string): Fault =>
  fault(409, detail, 'placement.concurrent_update');

const CODES_SINCE = 23;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const explanations: Readonly<Record<number, string>> = {
  400: 'The request is malformed or cannot be carried out as it stands.',
  401: 'This server could not tell who is asking: a valid token is needed.',
  403: 'Access was denied to this resource.',
  404: 'The resource could not be found.',
  405: 'The resource is there, but does not know this method.',
  406: 'No answer can be given in a form that the request accepts.',
  409: 'The request does not go together with the present state.',
  413: 'The request is larger than this server reads.',
  415: 'The body is of a kind that this server does not read.',
  500: 'The server has a defect; what was asked was not carried out.',
  503: 'The server cannot do this now; the same request may be tried again.',
};

/** The answer that tells the fault, in the form that the request accepts. */
export function faultResponse(
  request: HttpRequest,
  { status, detail, code, more, headers }: Fault,
  minor: number,
): HttpResponse {
  const title = titles[status] ?? 'Error';
  const text = `${explanations[status] ?? ''}\n\n ${detail}  `;
  const { type, body } = form(request.headers['accept']);
  const error = {
    status,
    title,
    detail: text,
    ...(minor >= CODES_SINCE ? { code } : {}),
    request_id: request.request_id,
    ...more,
  };
  return { status, headers: { ...headers, 'content-type': type }, body: body(error) };
}

interface ErrorBody {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}
interface Form {
  readonly type: string;
  readonly body: (error: ErrorBody) => string;
}

const asJson: Form = {
  type: 'application/json',
  body: (error) => JSON.stringify({ errors: [error] }),
};
const asPage: Form = {
  type: 'text/html; charset=UTF-8',
  body: ({ status, title, detail }) =>
    `<html><head><title>${status} ${title}</title></head>` +
    `<body><h1>${status} ${title}</h1><p>${escaped(detail)}</p></body></html>\n`,
};
const asText: Form = {
  type: 'text/plain; charset=UTF-8',
  body: ({ status, title, detail }) => `${status} ${title}\n\n${detail}\n`,
};

function form(accept: string | undefined): Form {
  if (accept === undefined || acceptsJson(accept)) return asJson;
  return accept.includes('text/html') || accept.includes('text/*') ? asPage : asText;
}

/** Whether a JSON answer is one of those that an `Accept` header allows. */
export const acceptsJson = (accept: string): boolean =>
  accept === '' ||
  accept
    .split(',')
    .map((range) =>
      range
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    )
    .some(([type, ...parameters]) => jsonRange.has(type ?? '') && !parameters.some(isZero));

const jsonRange = new Set(['*/*', 'application/*', 'application/json']);
const isZero = (parameter: string): boolean => /^q=0(\.0*)?$/.test(parameter);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
