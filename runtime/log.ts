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

/**
 * A log that writes JSON lines to standard error, or to the file descriptor `to`; secrets are cut out by field name. What is no
 * warning may wait a moment, so that a busy door writes many lines at once; everything is written before the process exits.
 */
export function createLog(level: LogLevel, to = 2): Log {
  const destination = pino.destination({
    dest: to,
    sync: false,
    minLength: writtenAtOnceBytes,
    maxLength: waitingBytes,
  })
  const logger = pino(
    { level, base: null, timestamp: isoTime, formatters: { level: label => ({ level: label }) } },
    destination,
  )
  return wrap(
    logger,
    flushing(() => destination.flush()),
  )
}

/** Writes nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
}

/** `fields` with the values of secrets replaced, at the top and one level below. Fields without secrets come back as they are. */
export function withoutSecrets(fields: Fields): Fields {
  let cut: Record<string, unknown> | undefined
  for (const name in fields) {
    const value = fields[name]
    const shown = secretNames.has(name) ? censored : isRecord(value) ? withoutInnerSecrets(value) : value
    if (shown !== value) (cut ??= { ...fields })[name] = shown
  }
  return cut ?? fields
}

function withoutInnerSecrets(fields: Fields): Fields {
  let cut: Record<string, unknown> | undefined
  for (const name in fields) if (secretNames.has(name)) (cut ??= { ...fields })[name] = censored
  return cut ?? fields
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const censored = '***'
const secretNames: ReadonlySet<string> = new Set(['password', 'secret', 'token', 'authorization'])

/** Lines wait until there are that many bytes of them, or for `flushMs`. */
const writtenAtOnceBytes = 4096
const flushMs = 100
/** What may wait for a reader of the log that is stuck; lines beyond it are lost. */
const waitingBytes = 16_777_216

interface Flushing {
  readonly soon: () => void
  readonly now: () => void
}

function flushing(flush: () => void): Flushing {
  let isDue = false
  return {
    soon() {
      if (isDue) return
      isDue = true
      setTimeout(() => {
        isDue = false
        flush()
      }, flushMs).unref()
    },
    now: flush,
  }
}

/** The time as `pino.stdTimeFunctions.isoTime` writes it; a date is made once a second only. */
function isoTime(): string {
  const now = Date.now()
  const second = Math.floor(now / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastPrefix = `,"time":"${new Date(second * 1000).toISOString().slice(0, -4)}`
  }
  return `${lastPrefix}${String(now % 1000).padStart(3, '0')}Z"`
}

let lastSecond = 0
let lastPrefix = ''

type Logger = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'> & {
  isLevelEnabled(level: string): boolean
  child(fields: Bindings): Logger
}

function wrap(logger: Logger, flush: Flushing): Log {
  const writer = (level: 'debug' | 'info' | 'warn' | 'error', then: () => void): Log[typeof level] => {
    if (!logger.isLevelEnabled(level)) return () => undefined
    return (event, fields) => {
      logger[level](fields === undefined ? {} : withoutSecrets(fields), event)
      then()
    }
  }
  return {
    debug: writer('debug', flush.soon),
    info: writer('info', flush.soon),
    warn: writer('warn', flush.now),
    error: writer('error', flush.now),
    with: fields => wrap(logger.child(withoutSecrets(fields)), flush),
  }
}
