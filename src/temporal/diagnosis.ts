import type { DetailedPeerCertificate } from 'node:tls';
import type { TLSConfig } from '@temporalio/client';
import { type Answer, greet } from './handshake.js';

/** Why a connection fails. */
export interface Diagnosis {
  /** What is wrong, as a clause. */
  readonly problem: string;
  /** What to do, as a clause. */
  readonly remedy: string;
  /** Whether the same connection may succeed later. If not, the settings must change first. */
  readonly mayPass: boolean;
}

/** What was tried, and what came back. */
export interface Evidence {
  /** The TLS settings; undefined if TLS is off. */
  readonly tls: TLSConfig | undefined;
  /** Whether only the API key turned TLS on. */
  readonly isTlsOfApiKey: boolean;
  /** To a connection with these settings. */
  readonly answer: Answer;
  /** To a connection with the contrary: without TLS, or with TLS and any certificate. */
  readonly contrary?: Answer;
}

/**
 * Connects once more, without gRPC, to find out why a connection failed. Takes at most twice the timeout.
 *
 * @param address as `host:port`
 * @returns undefined if the server answers as a gRPC server does: the reason is another one
 */
export async function diagnose(
  { address, tls, isTlsOfApiKey }: Pick<Evidence, 'tls' | 'isTlsOfApiKey'> & { readonly address: string },
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Diagnosis | undefined> {
  const answer = await greet(address, tls, timeoutMs, signal);
  if (answer.speaks === 'grpc') return undefined;
  const settled = networkProblem(answer) ?? certificateProblem(answer, tls);
  if (settled !== undefined) return settled;
  return diagnosisOf({
    tls,
    isTlsOfApiKey,
    answer,
    contrary: await greet(address, tls ? undefined : 'unverified', timeoutMs, signal),
  });
}

/** The most specific diagnosis that the evidence allows. */
export function diagnosisOf({ tls, isTlsOfApiKey, answer, contrary }: Evidence): Diagnosis {
  return (
    networkProblem(answer) ??
    certificateProblem(answer, tls) ??
    (tls ? unencryptedServer(isTlsOfApiKey, contrary) : encryptedServer(contrary)) ??
    clientCertificateProblem(answer, tls) ??
    otherServer([answer, contrary]) ??
    cutOff(answer)
  );
}

function networkProblem({ error }: Answer): Diagnosis | undefined {
  const problem = networkProblems[error?.code ?? ''];
  return problem && { ...problem, remedy: 'see TEMPORAL_ADDRESS' };
}

const networkProblems: Readonly<Record<string, Omit<Diagnosis, 'remedy'>>> = {
  ECONNREFUSED: { problem: 'connection refused: nothing listens there', mayPass: true },
  ENOTFOUND: { problem: 'the host name is unknown', mayPass: false },
  EAI_AGAIN: { problem: 'the host name cannot be looked up now', mayPass: true },
  EHOSTUNREACH: { problem: 'no route to the host', mayPass: true },
  ENETUNREACH: { problem: 'no route to the network', mayPass: true },
  ETIMEDOUT: { problem: 'no answer', mayPass: true },
};

/** Problems with the server's certificate, as Node and OpenSSL name them. */
function certificateProblem({ error }: Answer, tls: TLSConfig | undefined): Diagnosis | undefined {
  const code = error?.code ?? '';
  if (untrusted.has(code)) {
    return tls?.serverRootCACertificate
      ? mistake(
          "the server's certificate is not issued by the CA in TEMPORAL_TLS_SERVER_CA_CERT_PATH",
          "set that to the certificate of the server's CA",
        )
      : mistake(
          "the server's certificate is issued by a CA that is unknown here",
          "set TEMPORAL_TLS_SERVER_CA_CERT_PATH to that CA's certificate",
        );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongName(error);
  if (code === 'CERT_HAS_EXPIRED') return { ...renewal, problem: "the server's certificate has expired" };
  if (code === 'CERT_NOT_YET_VALID') return { ...renewal, problem: "the server's certificate is not valid yet" };
  if (code.endsWith('_UNRECOGNIZED_NAME')) {
    return mistake(
      'the server has no certificate for this host name',
      'set TEMPORAL_TLS_SERVER_NAME to a name that it has one for',
    );
  }
  return undefined;
}

const renewal = { remedy: "renew the server's certificate, or set this machine's clock", mayPass: true };

const untrusted: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

function wrongName(error: NodeJS.ErrnoException | undefined): Diagnosis {
  const { cert, host } = error as { cert?: DetailedPeerCertificate; host?: string }; // as Node's error has
  const names = cert?.subjectaltname ?? cert?.subject?.CN ?? 'no name';
  return mistake(
    `the server's certificate is for ${names}, not for ${host ?? 'this host'}`,
    'set TEMPORAL_TLS_SERVER_NAME to a name in the certificate, or TEMPORAL_ADDRESS to the right host',
  );
}

function unencryptedServer(isTlsOfApiKey: boolean, plain: Answer | undefined): Diagnosis | undefined {
  if (plain?.speaks !== 'grpc') return undefined;
  const why = isTlsOfApiKey ? ', as an API key is set' : '';
  return mistake(`TLS is on${why}, and the server does not use it`, 'set TEMPORAL_TLS=false');
}

function encryptedServer(secure: Answer | undefined): Diagnosis | undefined {
  if (!secure?.isSecured && alertOf(secure?.error) === undefined) return undefined;
  return mistake(
    'the server uses TLS, and TLS is off',
    'set TEMPORAL_TLS=true, and TEMPORAL_TLS_SERVER_CA_CERT_PATH if its CA is a private one',
  );
}

/** A server refuses a client certificate with an alert, or only closes the connection after the handshake. */
function clientCertificateProblem({ error, isSecured, isClosed }: Answer, tls: TLSConfig | undefined) {
  const alert = alertOf(error) ?? '';
  const isCut = isSecured && (isClosed || error?.code === 'ECONNRESET');
  if (!tls || !(certificateAlerts.has(alert) || isCut)) return undefined;
  const said = alert === '' ? '' : `: ${alert.toLowerCase().replaceAll('_', ' ')}`;
  return tls.clientCertPair
    ? mistake(
        `the server refuses the client certificate${said}`,
        'set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH to a valid one of a CA that the server trusts',
      )
    : mistake(
        `the server requires a client certificate, and none is set${said}`,
        'set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH',
      );
}

const certificateAlerts: ReadonlySet<string> = new Set([
  'CERTIFICATE_REQUIRED',
  'BAD_CERTIFICATE',
  'HANDSHAKE_FAILURE',
  'UNKNOWN_CA',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_UNKNOWN',
  'UNSUPPORTED_CERTIFICATE',
  'ACCESS_DENIED',
]);

function otherServer(answers: readonly (Answer | undefined)[]): Diagnosis | undefined {
  if (!answers.some((answer) => answer?.speaks === 'other')) return undefined;
  return mistake(
    'something other than a Temporal server answers there',
    'set TEMPORAL_ADDRESS to the port of the frontend, usually 7233',
  );
}

function cutOff({ error, isClosed }: Answer): Diagnosis {
  const isCut = isClosed || error?.code === 'ECONNRESET';
  const problem = isCut ? 'the server closes the connection' : (error?.code ?? 'no answer');
  return { problem, remedy: 'see TEMPORAL_ADDRESS and TEMPORAL_TLS', mayPass: true };
}

/** The TLS alert that the server sent, such as `CERTIFICATE_REQUIRED`. */
function alertOf(error: NodeJS.ErrnoException | undefined): string | undefined {
  return /_ALERT_(?:\d+_)?(\w+)$/.exec(error?.code ?? '')?.[1];
}

function mistake(problem: string, remedy: string): Diagnosis {
  return { problem, remedy, mayPass: false };
}
