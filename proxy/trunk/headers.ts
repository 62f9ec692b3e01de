import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { mayCross } from '../../selector/domain/crossing.ts'

const mostLines = 32
const mostCharacters = 1_024

/** The headers of a request that a trunk's list lets cross, each built anew: one line of printable characters, bounded. */
export function crossing(
  { headers }: Pick<SipRequest, 'headers'>,
  allowed: readonly string[] = [],
): readonly HeaderLine[] {
  if (allowed.length === 0) return []
  const names = allowed.filter(mayCross)
  return names
    .flatMap(name => headers.all(name).map((value): HeaderLine => [name, clean(value)]))
    .slice(0, mostLines)
}

function clean(value: string): string {
  return value
    .replaceAll(/[^\P{Cc}\t]/gu, '')
    .trim()
    .slice(0, mostCharacters)
}
