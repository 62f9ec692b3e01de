import { InvalidArgumentError, Option, type Command } from 'commander'
import { PorticoError } from '../runtime/errors.ts'
import type { RouteInput, RouteOutput, RoutePatch, RouteVerdict } from '../selector/contract/routes.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList, type Column } from './print.ts'
import { collectTime, conditionsOf, type ConditionFields } from './route-conditions.ts'
import type { Terminal } from './terminal.ts'
import { collect, enabledBy, given, unlessEmpty, wholeNumber, type NoNull } from './values.ts'

/** `portico routes …`: where calls go. */
export function registerRoutes(program: Command, terminal: Terminal): void {
  const routes = program.command('routes').description('Where calls go: the first rule that fits decides.')
  routes
    .command('ls')
    .description('List them in their order.')
    .action(async (_options: object, command: Command) => {
      const list = await (await connect(command, terminal)).routes.list()
      const none = 'no routes: a dialled number is an agent’s id; add one with: portico routes add'
      printList(terminal, list, { json: wantsJson(command), columns, none })
    })
  withFields(routes.command('add <id>').description('Add one, last or before another.'))
    .requiredOption('--to <target>', targets, collectTarget)
    .option('--before <id>', 'the route that it is put before')
    .option('--disabled', 'add it without effect yet')
    .action(async (id: string, options: Fields, command: Command) => {
      const client = await connect(command, terminal)
      const { before, to = [] } = options
      const input: RouteInput = {
        id,
        ...fieldsOf(options),
        to: [...to],
        ...(before !== undefined && { before }),
      }
      report(terminal, command, await client.routes.add(input), 'added')
    })
  withFields(routes.command('set <id>').description('Change one; what is not named stays.'))
    .option('--to <target>', targets, collectTarget)
    .option('--enabled', 'let it have effect')
    .option('--disabled', 'keep it without effect')
    .option('--clear <field>', `take away ${clearable.join(', ')}; may be repeated`, collectClearable)
    .action(async (id: string, options: Fields, command: Command) => {
      const client = await connect(command, terminal)
      const current = await client.routes.get(id)
      const changed = await client.routes.change(id, patchOf(current, options), current.version)
      report(terminal, command, changed, 'changed')
    })
  registerOrder(routes, terminal)
  registerTest(routes, terminal)
}

function registerOrder(routes: Command, terminal: Terminal): void {
  routes
    .command('move <id>')
    .description('Put one at another place in the order.')
    .addOption(new Option('--before <other>', 'the route that it is put before'))
    .addOption(new Option('--last', 'put it last').conflicts('before'))
    .action(async (id: string, { before, last }: { before?: string; last?: boolean }, command: Command) => {
      if (before === undefined && last !== true) command.error('error: give --before <other> or --last')
      const route = await (await connect(command, terminal)).routes.move(id, before ?? null)
      report(terminal, command, route, `is number ${route.position} now`)
    })
  routes
    .command('rm <id>')
    .description('Remove one.')
    .action(async (id: string, _options: object, command: Command) => {
      await (await connect(command, terminal)).routes.remove(id)
      report(terminal, command, { id }, 'removed')
    })
}

function registerTest(routes: Command, terminal: Terminal): void {
  routes
    .command('test <number>')
    .description('Say where a call to that number would go, and why; exit code 1 when nowhere.')
    .option('--trunk <id>', 'the trunk that sends it')
    .option('--caller <number>', 'who calls')
    .option('--header <name=value>', 'a header of it; may be repeated', collect)
    .option('--at <time>', 'when, e.g. 2026-12-24T18:00:00+01:00 (default: now)', instant)
    .addOption(new Option('--direction <which>', 'from a trunk or from an agent').choices(['in', 'out']))
    .addOption(new Option('--method <method>', 'default: INVITE'))
    .action(async (number: string, options: TestFields, command: Command) => {
      const { header = [], at, ...query } = options
      const headers = Object.fromEntries(header.map(pairOf))
      const client = await connect(command, terminal)
      const verdict = await client.routes.test({ number, ...query, headers, ...(at !== undefined && { at }) })
      if (wantsJson(command)) printJson(terminal, verdict)
      else terminal.out(explained(verdict))
      if (verdict.kind === 'none') throw new PorticoError('E_NOT_FOUND', 'no route fits: the call gets 404')
    })
}

const targets =
  'where to: agent[:ID], idle[:ID], queue:GROUP, pool, trunk:ID or reject:STATUS; repeated: tried one after the other'
const clearable = ['trunk', 'method', 'number', 'caller', 'header', 'time', 'rewrite', 'shown']

interface Fields extends ConditionFields {
  readonly direction?: 'in' | 'out'
  readonly strip?: number
  readonly prepend?: string
  readonly as?: string
  readonly showNumber?: string
  readonly showName?: string
  readonly privacy?: 'withhold' | 'reveal'
  readonly to?: RouteInput['to']
  readonly before?: string
  readonly clear?: readonly string[]
  readonly enabled?: boolean
  readonly disabled?: boolean
}

interface TestFields {
  readonly trunk?: string
  readonly caller?: string
  readonly header?: readonly string[]
  readonly at?: number
  readonly direction?: 'in' | 'out'
  readonly method?: string
}

function withFields(command: Command): Command {
  return command
    .addOption(new Option('--direction <which>', 'calls from trunks, or of agents').choices(['in', 'out']))
    .option('--trunk <id>', 'sent by this trunk; may be repeated', collect)
    .option('--method <method>', 'default: INVITE; any other can only be rejected')
    .option('--prefix <text>', 'the dialled number starts with it')
    .option('--pattern <pattern>', 'the whole dialled number fits it, e.g. 4930(\\d+)')
    .option('--caller-prefix <text>', 'the caller’s number starts with it')
    .option('--caller-pattern <pattern>', 'the whole of the caller’s number fits it')
    .option('--header <name=pattern>', 'a header whose whole value fits the pattern')
    .option('--time <window>', 'e.g. "mon-fri 08:00-18:00 Europe/Berlin"; may be repeated', collectTime)
    .option('--strip <n>', 'characters taken away from the front of the number', wholeNumber)
    .option('--prepend <text>', 'what is put before the number then')
    .option('--as <template>', 'what the number becomes; $1…$9 are groups of --pattern')
    .option('--show-number <number>', 'the number that the callee is shown')
    .option('--show-name <name>', 'the name that the callee is shown')
    .addOption(new Option('--privacy <which>', 'hide or show the caller').choices(['withhold', 'reveal']))
}

function fieldsOf(options: Fields): NoNull<Omit<RoutePatch, 'to'>> {
  const { direction, strip, prepend, as, showNumber: number, showName: name, privacy } = options
  return given({
    direction,
    when: unlessEmpty(conditionsOf(options)),
    rewrite: as === undefined ? unlessEmpty(given({ strip, prepend })) : { as },
    caller: unlessEmpty(given({ number, name, privacy })),
    enabled: enabledBy(options),
  })
}

/** Conditions that were given replace the same ones of the current route; those to be cleared go. */
function patchOf(current: RouteOutput, options: Fields): RoutePatch {
  const { clear = [], to } = options
  const { when, ...fields } = fieldsOf(options)
  const cleared = new Set(clear.map(field => (field === 'trunk' || field === 'time' ? `${field}s` : field)))
  const kept = Object.fromEntries(Object.entries(current.when).filter(([name]) => !cleared.has(name)))
  const touchesWhen = when !== undefined || Object.keys(kept).length < Object.keys(current.when).length
  return {
    ...(cleared.has('rewrite') && { rewrite: null }),
    ...(cleared.has('shown') && { caller: null }),
    ...fields,
    ...(touchesWhen && { when: { ...kept, ...when } }),
    ...(to && { to: [...to] }),
  }
}

function collectTarget(text: string, before: RouteInput['to'] = []): RouteInput['to'] {
  const [, kind = '', id] = /^(agent|idle|queue|pool|trunk|reject)(?::(.+))?$/.exec(text) ?? []
  switch (kind) {
    case 'agent':
      return [...before, { kind, ...(id !== undefined && { agent: id }) }]
    case 'idle':
      return [...before, { kind: 'agent', ...(id !== undefined && { agent: id }), idle: true }]
    case 'queue':
      if (id !== undefined) return [...before, { kind, group: id }]
      break
    case 'pool':
      return [...before, { kind }]
    case 'trunk':
      if (id !== undefined) return [...before, { kind, trunk: id }]
      break
    case 'reject':
      return [...before, { kind, status: wholeNumber(id ?? '') }]
  }
  throw new InvalidArgumentError(
    'It must be agent[:ID], idle[:ID], queue:GROUP, pool, trunk:ID or reject:STATUS.',
  )
}

function collectClearable(value: string, before: readonly string[] = []): readonly string[] {
  if (!clearable.includes(value)) throw new InvalidArgumentError(`It must be one of ${clearable.join(', ')}.`)
  return [...before, value]
}

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  return equals < 1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

function instant(text: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be a time such as 2026-12-24T18:00:00+01:00.')
  return at
}

function explained({ kind, route, number, to, passed, morePassed }: RouteVerdict): string {
  const lines = passed.map(({ id, failed }) => `${id}: not, because of its ${failed}`)
  if (morePassed > 0) lines.push(`… and ${morePassed} more`)
  if (kind === 'matched')
    lines.push(`${route}: fits; ${number} goes to ${to.map(targetText).join(', else ')}`)
  if (kind === 'default' && to.length > 0) lines.push(`no routes: ${number} goes to the agent of that id`)
  if (kind === 'default' && to.length === 0)
    lines.push(`no routes out: ${number} goes to the first trunk with room`)
  return lines.join('\n')
}

function targetText(target: RouteOutput['to'][number]): string {
  switch (target.kind) {
    case 'agent': {
      const word = target.idle ? 'idle' : 'agent'
      return target.agent === undefined ? word : `${word}:${target.agent}`
    }
    case 'queue':
      return `queue:${target.group}`
    case 'pool':
      return 'pool'
    case 'trunk':
      return `trunk:${target.trunk}`
    case 'reject':
      return `reject:${target.status}`
  }
}

function report(terminal: Terminal, command: Command, route: { readonly id: string }, done: string): void {
  if (wantsJson(command)) printJson(terminal, route)
  else terminal.out(`${route.id} ${done}`)
}

const columns: readonly Column<RouteOutput>[] = [
  ['#', ({ position }) => position],
  ['ID', ({ id }) => id],
  ['ENABLED', ({ enabled }) => (enabled ? 'yes' : 'no')],
  ['DIRECTION', ({ direction }) => direction],
  ['TRUNKS', ({ when }) => when.trunks?.join(',')],
  ['NUMBER', ({ when: { number } }) => number && ('prefix' in number ? `${number.prefix}…` : number.pattern)],
  ['ALSO', ({ when }) => also(when)],
  ['TO', ({ to }) => to.map(targetText).join(' else ')],
]

function also({ method, caller, header, times }: RouteOutput['when']): string | undefined {
  const named = { method, caller, header, times }
  return (
    Object.entries(named)
      .flatMap(([name, value]) => (value === undefined ? [] : [name]))
      .join(',') || undefined
  )
}
