import { matchPattern, patternOf, type Pattern } from './pattern/pattern.ts'
import { PatternFault } from './pattern/parse.ts'
import type { NumberRewriting, Route, TextCondition } from './route.ts'
import { openAt, type OpenAt } from './time-window.ts'

/** What routes look at. */
export interface RouteQuery {
  readonly direction: 'in' | 'out'
  readonly method: string
  /** Absent for calls of agents. */
  readonly trunk?: string
  readonly number: string
  readonly caller: string
  /** The first value of a header. */
  readonly header: (name: string) => string | undefined
  /** Wall-clock milliseconds. */
  readonly at: number
}

/** The condition that a rule failed on. */
export type Mismatch = 'disabled' | 'direction' | 'method' | 'trunk' | 'number' | 'caller' | 'header' | 'time'

/** A rule that is ready to be asked. */
export interface CompiledRoute {
  readonly route: Route
  /** What every number that fits starts with. */
  readonly prefix: string
  /** The number as rewritten, or why the rule does not fit. */
  test(query: RouteQuery): { readonly number: string } | { readonly failed: Mismatch }
}

/** The longest value of a header that is looked at; the rest of a longer one does not count. */
const headerLength = 256

/** Makes a rule ready. One whose pattern or time zone is broken, which no API lets in, never fits. */
export function compileRoute(route: Route): CompiledRoute {
  const { when, rewrite } = route
  const number = textTest(when.number)
  const caller = textTest(when.caller)
  const header = when.header && { name: when.header.name, value: textTest(when.header.value) }
  const trunks = when.trunks && new Set(when.trunks)
  const open = when.times?.map(openOrNever)
  return {
    route,
    prefix: number.prefix,
    test(query) {
      const failed = failedEnvelope(route, trunks, query)
      if (failed) return { failed }
      const groups = number.match(query.number)
      if (!groups) return { failed: 'number' }
      if (!caller.match(query.caller)) return { failed: 'caller' }
      if (header && !fitsHeader(header, query)) return { failed: 'header' }
      if (open && !open.some(isOpen => isOpen(query.at))) return { failed: 'time' }
      return { number: rewritten(query.number, rewrite, groups) }
    },
  }
}

/** What is cheap to tell. */
function failedEnvelope(
  { enabled, direction, when }: Route,
  trunks: ReadonlySet<string> | undefined,
  query: RouteQuery,
): Mismatch | undefined {
  if (!enabled) return 'disabled'
  if (query.direction !== direction) return 'direction'
  if (query.method !== (when.method ?? 'INVITE')) return 'method'
  return trunks && !trunks.has(query.trunk ?? '') ? 'trunk' : undefined
}

interface TextTest {
  readonly prefix: string
  match(text: string): readonly string[] | undefined
}

function textTest(condition: TextCondition | undefined): TextTest {
  if (!condition) return { prefix: '', match: () => noGroups }
  if ('prefix' in condition) {
    const { prefix } = condition
    return { prefix, match: text => (text.startsWith(prefix) ? noGroups : undefined) }
  }
  const pattern: Pattern | PatternFault = patternOf(condition.pattern)
  if (pattern instanceof PatternFault) return { prefix: '', match: () => undefined }
  return { prefix: pattern.prefix, match: text => matchPattern(pattern, text) }
}

const noGroups: readonly string[] = []

function fitsHeader(header: { readonly name: string; readonly value: TextTest }, query: RouteQuery): boolean {
  const value = query.header(header.name)
  return value !== undefined && header.value.match(value.slice(0, headerLength)) !== undefined
}

function openOrNever(window: Parameters<typeof openAt>[0]): OpenAt {
  try {
    return openAt(window)
  } catch {
    return () => false
  }
}

function rewritten(
  number: string,
  rewriting: NumberRewriting | undefined,
  groups: readonly string[],
): string {
  if (!rewriting) return number
  if ('as' in rewriting)
    return rewriting.as.replaceAll(/\$([1-9])/g, (_, group) => groups[Number(group) - 1] ?? '')
  return (rewriting.prepend ?? '') + number.slice(rewriting.strip ?? 0)
}
