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
export function matchPattern(
  { program, prefix, isLiteral }: Pattern,
  text: string,
): readonly string[] | undefined {
  if (isLiteral) return text === prefix ? [] : undefined
  if (!text.startsWith(prefix)) return undefined
  const saved = run(program, text)
  if (!saved) return undefined
  const groups: string[] = []
  for (let slot = 0; slot < saved.length; slot += 2) {
    const [from, to] = [saved[slot], saved[slot + 1]]
    groups.push(from === undefined || to === undefined ? '' : text.slice(from, to))
  }
  return groups
}

type Saved = readonly (number | undefined)[]

/** Where the simulation stands: steps in the order of preference, each with what it has saved. */
interface Threads {
  readonly at: number[]
  readonly saved: Saved[]
}

function run(program: Program, text: string): Saved | undefined {
  const seen = new Int32Array(program.length).fill(-1)
  let threads: Threads = { at: [], saved: [] }
  follow(program, 0, 0, [], threads, seen)
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position)
    const next: Threads = { at: [], saved: [] }
    for (const [index, at] of threads.at.entries()) {
      const op = program[at]
      if (op?.kind === 'take' && holds(op.set, code)) {
        follow(program, at + 1, position + 1, threads.saved[index] ?? [], next, seen)
      }
    }
    if (next.at.length === 0) return undefined
    threads = next
  }
  const done = threads.at.findIndex(at => program[at]?.kind === 'match')
  return done === -1 ? undefined : threads.saved[done]
}

/** Adds to `threads` every step that takes a character or ends, reachable from `start` without taking one. */
function follow(
  program: Program,
  start: number,
  position: number,
  saved: Saved,
  threads: Threads,
  seen: Int32Array,
): void {
  const stack: (readonly [at: number, saved: Saved])[] = [[start, saved]]
  for (let top = stack.pop(); top; top = stack.pop()) {
    const [at, kept] = top
    const op = program[at]
    if (op === undefined || seen[at] === position) continue
    seen[at] = position
    switch (op.kind) {
      case 'jump':
        stack.push([op.to, kept])
        break
      case 'split':
        stack.push([op.second, kept], [op.first, kept])
        break
      case 'save':
        stack.push([at + 1, withSlot(kept, op.slot, position)])
        break
      case 'take':
      case 'match':
        threads.at.push(at)
        threads.saved.push(kept)
    }
  }
}

function withSlot(saved: Saved, slot: number, position: number): Saved {
  const changed = [...saved]
  while (changed.length <= slot) changed.push(undefined)
  changed[slot] = position
  return changed
}

/** Up to the first fork a program is a straight line, which every text goes along once. */
function startOf(program: Program): { readonly prefix: string; readonly isLiteral: boolean } {
  let prefix = ''
  for (const op of program) {
    if (op.kind === 'match') return { prefix, isLiteral: !program.some(({ kind }) => kind === 'save') }
    if (op.kind === 'save') continue
    if (op.kind !== 'take' || op.set.only === undefined) break
    prefix += op.set.only
  }
  return { prefix, isLiteral: false }
}
