import { pino, type BaseLogger, type Bindings } from 'pino'

/** What may stand beside an event name in a log line. */
export type Fields = Readonly<Record<string, unknown>>

/** One event name, then fields: `log.info('call.over', { call, verdict })`. */
export interface Log {
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
  /** The same log with `fields` on every line. */
  with(fields: Fields): Log
}

/** How much is written: `silent` writes nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** A log that writes JSON lines to standard error; secrets are cut out by field name. */
export function createLog(level: LogLevel): Log {
  const logger = pino(
    {
      level,
      base: null,
      redact: { paths: secretFields, censor: '***' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: false }),
  )
  return wrap(logger)
}

/** Writes nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
}

const secretFields = ['password', 'secret', 'token', 'authorization', '*.password', '*.secret', '*.token']

type Logger = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'> & { child(fields: Bindings): Logger }

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    with: fields => wrap(logger.child(fields)),
  }
}
