import type { TraceOutput } from '../selector/contract.ts'

type Message = TraceOutput['messages'][number]

/**
 * A ladder diagram of messages: one column for each peer and one for us, in the order in which they spoke, one line a message.
 * Times are UTC.
 */
export function ladder(messages: readonly Message[]): readonly string[] {
  const columns = columnsOf(messages)
  const widths = columns.map(name => Math.max(name.length + 2, least))
  const heads = columns.map((name, at) => centred(name, widths[at] ?? 0)).join('')
  return [
    `${' '.repeat(timeWidth)}${heads}`.trimEnd(),
    ...messages.map(message => rung(message, columns, middlesOf(widths))),
  ]
}

/** Who called stands left of us, whom we asked stands right. */
function columnsOf(messages: readonly Message[]): readonly string[] {
  const [first, ...rest] = new Set(messages.map(peerOf))
  return first === undefined ? [us] : [first, us, ...rest]
}

function rung(message: Message, columns: readonly string[], middles: readonly number[]): string {
  const width = (middles.at(-1) ?? 0) + 1
  const cells = Array.from({ length: width }, () => ' ')
  for (const middle of middles) cells[middle] = '|'
  const ours = middles[columns.indexOf(us)] ?? 0
  const theirs = middles[columns.indexOf(peerOf(message))] ?? 0
  draw(cells, message.direction === 'in' ? [theirs, ours] : [ours, theirs], labelOf(message))
  return `${timeOf(message.at)}${cells.join('')}`.trimEnd()
}

function draw(cells: string[], [from, to]: readonly [number, number], label: string): void {
  const [left, right] = from < to ? [from, to] : [to, from]
  for (let at = left + 1; at < right; at += 1) cells[at] = '-'
  cells[from < to ? right - 1 : left + 1] = from < to ? '>' : '<'
  const room = right - left - 5
  const text = label.length > room ? label.slice(0, room) : label
  const start = left + 1 + Math.ceil((right - left - 1 - text.length - 2) / 2)
  cells.splice(start, text.length + 2, ...` ${text} `.split(''))
}

/** `INVITE sdp`, `200 OK (INVITE) sdp`. */
function labelOf({ text }: Message): string {
  const [start = '', ...lines] = text.split('\r\n')
  const sdp = lines.some(line => /^(?:content-type|c)\s*:\s*application\/sdp/i.test(line)) ? ' sdp' : ''
  const status = /^SIP\/2\.0 (.*)$/.exec(start)?.[1]
  if (status === undefined) return `${start.split(' ')[0] ?? ''}${sdp}`
  const method = lines
    .map(line => /^cseq\s*:\s*\d+\s+(\S+)/i.exec(line)?.[1])
    .find(name => name !== undefined)
  return `${status}${method === undefined ? '' : ` (${method})`}${sdp}`
}

function peerOf({ transport, peer: { host, port } }: Message): string {
  return `${transport} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

function middlesOf(widths: readonly number[]): readonly number[] {
  let left = 0
  return widths.map(width => {
    left += width
    return left - width + Math.floor(width / 2)
  })
}

function centred(text: string, width: number): string {
  const before = Math.floor((width - text.length) / 2)
  return `${' '.repeat(before)}${text}`.padEnd(width)
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(11, 23)} `
}

const us = 'portico'
const least = 32
const timeWidth = 13
