import type { Tree } from './parse.ts'
import type { Op, Program } from './program.ts'

/** The program of a tree; undefined when it would be longer than `most` steps. */
export function compile(tree: Tree, most: number): Program | undefined {
  const ops: Op[] = []
  const isWhole = emit(tree, ops, most) && ops.push({ kind: 'match' }) <= most
  return isWhole ? ops : undefined
}

/** False when there is no room. */
function emit(tree: Tree, ops: Op[], most: number): boolean {
  if (ops.length >= most) return false
  switch (tree.kind) {
    case 'char':
      ops.push({ kind: 'take', set: tree.set })
      return true
    case 'sequence':
      return tree.parts.every(part => emit(part, ops, most))
    case 'either':
      return emitEither(tree.parts, ops, most)
    case 'group':
      return emitGroup(tree, ops, most)
    case 'repeat':
      return emitRepeat(tree, ops, most)
  }
}

function emitEither(parts: readonly Tree[], ops: Op[], most: number): boolean {
  const ends: number[] = []
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const split = isLast ? -1 : ops.push({ kind: 'match' }) - 1
    if (!emit(part, ops, most)) return false
    if (isLast) break
    ends.push(ops.push({ kind: 'match' }) - 1)
    ops[split] = { kind: 'split', first: split + 1, second: ops.length }
  }
  for (const end of ends) ops[end] = { kind: 'jump', to: ops.length }
  return true
}

function emitGroup({ part, index }: Extract<Tree, { kind: 'group' }>, ops: Op[], most: number): boolean {
  if (index === undefined) return emit(part, ops, most)
  const slot = 2 * (index - 1)
  ops.push({ kind: 'save', slot })
  if (!emit(part, ops, most)) return false
  ops.push({ kind: 'save', slot: slot + 1 })
  return true
}

function emitRepeat(
  { part, least, most: times }: Extract<Tree, { kind: 'repeat' }>,
  ops: Op[],
  most: number,
): boolean {
  for (let time = 0; time < least; time++) if (!emit(part, ops, most)) return false
  if (times === undefined) return emitLoop(part, ops, most)
  const exits: number[] = []
  for (let time = least; time < times; time++) {
    exits.push(ops.push({ kind: 'match' }) - 1)
    if (!emit(part, ops, most)) return false
  }
  for (const exit of exits) ops[exit] = { kind: 'split', first: exit + 1, second: ops.length }
  return true
}

function emitLoop(part: Tree, ops: Op[], most: number): boolean {
  const split = ops.push({ kind: 'match' }) - 1
  if (!emit(part, ops, most)) return false
  ops.push({ kind: 'jump', to: split })
  ops[split] = { kind: 'split', first: split + 1, second: ops.length }
  return true
}
