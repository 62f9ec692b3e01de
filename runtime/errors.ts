/** Every failure that Portico itself raises. `code` is stable (documented in docs/errors.md), `cause` is what was underneath. */
export class PorticoError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'PorticoError'
    this.code = code
  }
}

/** The codes a `PorticoError` may carry. */
export type ErrorCode =
  | 'E_CONFIG'
  | 'E_PORT_IN_USE'
  | 'E_LISTEN'
  | 'E_REDIS_UNREACHABLE'
  | 'E_STORE'
  | 'E_STORE_READ_ONLY'
  | 'E_CONFLICT'
  | 'E_NOT_FOUND'
  | 'E_AMI_LOGIN'
  | 'E_AMI_CLOSED'
  | 'E_AMI_TIMEOUT'
  | 'E_AMI_REFUSED'
  | 'E_MEDIA_TIMEOUT'
  | 'E_MEDIA_REFUSED'
  | 'E_MEDIA_SDP'
  | 'E_SIP_SYNTAX'
  | 'E_DRACHTIO_UNREACHABLE'
  | 'E_API'
  | 'E_LAB'

/** The text of anything thrown, for a log line or an operator. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
