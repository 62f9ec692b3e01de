import type { HeaderLine } from '../../../engine/message/message.ts'

/** Header lines as drachtio-srf takes them: one value a name. Undefined when a value would break the message apart. */
export function headerRecord(lines: readonly HeaderLine[]): Record<string, string> | undefined {
  const record = new Map<string, HeaderLine>()
  for (const [name, value] of lines) {
    if (!/^[\w.!%*+`'~-]+$/.test(name) || /[\r\n\0]/.test(value)) return undefined
    const key = name.toLowerCase()
    const before = record.get(key)
    // Lines of one name become a line break inside the value: drachtio-srf writes values unchanged, and challenges and
    // credentials must not be joined by commas (RFC 3261 §7.3.1).
    record.set(key, before === undefined ? [name, value] : [before[0], `${before[1]}\r\n${name}: ${value}`])
  }
  return Object.fromEntries(record.values())
}

/** `lines` with a Contact, unless they have one. */
export function withContact(lines: readonly HeaderLine[], contact: string): readonly HeaderLine[] {
  return lines.some(([name]) => ['contact', 'm'].includes(name.toLowerCase()))
    ? lines
    : [...lines, ['Contact', contact]]
}

/** RFC 3261 §12: the methods whose requests and responses tell where the dialog can be reached. */
export function refreshesTarget(method: string): boolean {
  return ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'].includes(method)
}
