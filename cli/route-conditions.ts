import { InvalidArgumentError } from 'commander'
import { PorticoError } from '../runtime/errors.ts'
import type { RouteInput } from '../selector/contract/routes.ts'
import { days } from '../selector/domain/route.ts'
import { given } from './values.ts'

type Conditions = NonNullable<RouteInput['when']>
type Window = NonNullable<Conditions['times']>[number]

/** The options that say which calls a route is for. */
export interface ConditionFields {
  readonly trunk?: readonly string[]
  readonly method?: string
  readonly prefix?: string
  readonly pattern?: string
  readonly callerPrefix?: string
  readonly callerPattern?: string
  readonly header?: string
  readonly time?: readonly Window[]
}

/** The conditions that the options name. */
export function conditionsOf(options: ConditionFields): Conditions {
  const { trunk, method, header, time } = options
  return given({
    trunks: trunk && [...trunk],
    method: method === undefined ? undefined : methodOf(method),
    number: textOf(options.prefix, options.pattern),
    caller: textOf(options.callerPrefix, options.callerPattern),
    header: header === undefined ? undefined : headerOf(header),
    times: time && [...time],
  })
}

/** Adds a window to those before it. */
export function collectTime(text: string, before: readonly Window[] = []): readonly Window[] {
  return [...before, timeOf(text)]
}

/** Reads `[days] HH:MM-HH:MM [zone]`; days are `mon`, `mon-fri` or `sat,sun`. */
function timeOf(text: string): Window {
  const [, named, from = '', until = '', zone] =
    /^(?:([a-z,-]+) +)?(\d\d:\d\d)-(\d\d:\d\d)(?: +(\S+))?$/.exec(text.trim()) ?? []
  if (from === '') throw new InvalidArgumentError('It must be like "mon-fri 08:00-18:00 Europe/Berlin".')
  return {
    ...(named !== undefined && { days: named.split(',').flatMap(daysOf) }),
    from,
    until,
    ...(zone !== undefined && { zone }),
  }
}

function daysOf(text: string): NonNullable<Window['days']> {
  const [first = '', last = first] = text.split('-')
  const from = days.findIndex(day => day === first)
  const to = days.findIndex(day => day === last)
  if (from === -1 || to === -1) throw new InvalidArgumentError(`${text}: must be of ${days.join(', ')}.`)
  const count = ((to - from + 7) % 7) + 1
  return Array.from({ length: count }, (_, n) => days[(from + n) % 7] ?? 'sun')
}

function textOf(prefix: string | undefined, pattern: string | undefined): Conditions['number'] {
  if (prefix !== undefined && pattern !== undefined)
    throw new PorticoError('E_CONFIG', 'give a prefix or a pattern, not both')
  if (prefix !== undefined) return { prefix }
  return pattern === undefined ? undefined : { pattern }
}

function headerOf(text: string): NonNullable<Conditions['header']> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new PorticoError('E_CONFIG', '--header: must be name=pattern')
  return { name: text.slice(0, equals), value: { pattern: text.slice(equals + 1) } }
}

const methods = ['INVITE', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'REFER'] as const

function methodOf(text: string): (typeof methods)[number] {
  const found = methods.find(method => method === text.toUpperCase())
  if (found === undefined)
    throw new PorticoError('E_CONFIG', `--method: must be one of ${methods.join(', ')}`)
  return found
}
