import { compile } from './compile.ts'
import { parsePattern, PatternFault } from './parse.ts'
import { holds, type Program } from './program.ts'

/**
 * A regular expression without backtracking: a text of n characters takes at most n times the length of the program, whatever
 * the pattern and the text are (Thompson's simulation with Pike's captures).
 */
export interface Pattern {
  readonly program: Program
  /** What every text that matches starts with. */
  readonly prefix: string
  /** True when the prefix is all there is. */
  readonly isLiteral: boolean
  /** Where the program stands after the prefix, and what it has saved by then. */
  readonly rest: { readonly at: number; readonly saved: Saved }
}

/** The longest program: a repetition counts once for each time. */
const programLength = 512

/** Compiles a pattern, or says what is wrong with it. */
export function patternOf(text: string): Pattern | PatternFault {
  const tree = parsePattern(text)
  if (tree instanceof PatternFault) return tree
  const program = compile(tree, programLength)
  if (!program) return new PatternFault('repeats too much; write it shorter')
  return { program, ...startOf(program) }
}

/** The text of each group from `$1` on, when the whole of `text` matches; a group that took no part is empty. */
export function matchPattern(pattern: Pattern, text: string): readonly string[] | undefined {
  const { prefix, isLiteral } = pattern
  if (isLiteral) return text === prefix ? noGroups : undefined
  if (!text.startsWith(prefix)) return undefined
  const saved = run(pattern, text)
  if (!saved) return undefined
  const groups: string[] = []
  for (let slot = 0; slot < saved.length; slot += 2) {
    const [from, to] = [saved[slot], saved[slot + 1]]
    groups.push(from === undefined || to === undefined ? '' : text.slice(from, to))
  }
  return groups
}

const noGroups: readonly string[] = []

type Saved = readonly (number | undefined)[]

/** Where the simulation stands: steps in the order of preference, each with what it has saved. */
interface Threads {
  readonly at: number[]
  readonly saved: Saved[]
}

/** The last position at which each step was reached. One for all, as no match is ever begun within another. */
const seen = new Int32Array(programLength)

function run({ program, prefix, rest }: Pattern, text: string): Saved | undefined {
  seen.fill(-1, 0, program.length)
  let threads: Threads = { at: [], saved: [] }
  let next: Threads = { at: [], saved: [] }
  follow(program, rest.at, prefix.length, rest.saved, threads)
  for (let position = prefix.length; position < text.length; position++) {
    const code = text.charCodeAt(position)
    for (let index = 0; index < threads.at.length; index++) {
      const at = threads.at[index] ?? 0
      const op = program[at]
      if (op?.kind === 'take' && holds(op.set, code)) {
        follow(program, at + 1, position + 1, threads.saved[index] ?? nothing, next)
      }
    }
    if (next.at.length === 0) return undefined
    const done = threads
    threads = next
    next = done
    next.at.length = 0
    next.saved.length = 0
  }
  const done = threads.at.findIndex(at => program[at]?.kind === 'match')
  return done === -1 ? undefined : threads.saved[done]
}

const nothing: Saved = []

/** Adds to `threads` every step that takes a character or ends, reachable from `at` without taking one. As deep as the program is long. */
function follow(program: Program, at: number, position: number, saved: Saved, threads: Threads): void {
  const op = program[at]
  if (op === undefined || seen[at] === position) return
  seen[at] = position
  switch (op.kind) {
    case 'jump':
      return follow(program, op.to, position, saved, threads)
    case 'split':
      follow(program, op.first, position, saved, threads)
      return follow(program, op.second, position, saved, threads)
    case 'save':
      return follow(program, at + 1, position, withSlot(saved, op.slot, position), threads)
    case 'take':
    case 'match':
      threads.at.push(at)
      threads.saved.push(saved)
  }
}

function withSlot(saved: Saved, slot: number, position: number): Saved {
  const changed = [...saved]
  while (changed.length <= slot) changed.push(undefined)
  changed[slot] = position
  return changed
}

/** Up to the first fork a program is a straight line, which every text goes along once. */
function startOf(program: Program): Omit<Pattern, 'program'> {
  let prefix = ''
  let saved: Saved = nothing
  for (const [at, op] of program.entries()) {
    const rest = { at, saved }
    if (op.kind === 'match') return { prefix, isLiteral: saved.length === 0, rest }
    if (op.kind === 'save') saved = withSlot(saved, op.slot, prefix.length)
    else if (op.kind === 'take' && op.set.only !== undefined) prefix += op.set.only
    else return { prefix, isLiteral: false, rest }
  }
  return { prefix, isLiteral: false, rest: { at: program.length, saved } }
}
