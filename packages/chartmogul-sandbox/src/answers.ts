/** The result of a handler: JSON as `body`, plain `text`, or neither. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a handler to answer with an error. The handler must not leave partial changes behind. */
export class Refusal extends Error {
  constructor(readonly answer: Answer) {
    super(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.name = 'Refusal';
  }
}

// ChartMogul has several error shapes. The letters match docs/sandbox.md, section "Error shapes".

/** Shape A: `{code, message, param}`, from the customer service. Recorded for 401, 400 and the 404 of a search. */
export function refuse(status: number, message: string, param: string | null = null): Refusal {
  return new Refusal({ status, body: { code: status, message, param } });
}

/** Shape A with the recorded text `Parameter "name" is missing`. */
export function missing(param: string): Refusal {
  return refuse(400, `Parameter "${param}" is missing`, param);
}

/** Shape A for a parameter with an invalid type or value. */
export function invalid(param: string, reason = 'is invalid'): Refusal {
  return refuse(400, `Parameter "${param}" ${reason}`, param);
}

/** Shape B: `{errors: {field: text}}` with 422. Every value is one string: the Go client reads no other type. */
export function unprocessable(errors: Readonly<Record<string, string>>): Refusal {
  return new Refusal({ status: 422, body: { errors } });
}

/** Shape C: `{error}`, recorded for an unknown data source. */
export function plainError(status: number, error: string): Refusal {
  return new Refusal({ status, body: { error } });
}

/** Shape D: `{error, error_details}`, from the import service. */
export function importError(status: number, param: string, code: string, message: string): Refusal {
  return new Refusal({ status, body: { error: message, error_details: [{ param, code, message }] } });
}
