import { processEnvironment } from '../config/load.ts'
import type { Environment } from '../config/environment.ts'
import { PorticoError } from '../runtime/errors.ts'

/** What a command writes to and reads from. */
export interface Terminal {
  /** Writes lines to standard output; control characters from outside never reach the screen. */
  out(text: string): void
  /** The same to standard error. */
  error(text: string): void
  /** The first line of standard input. Rejects with `E_CONFIG` when it is longer than 4,096 characters. */
  readLine(): Promise<string>
  readonly env: Environment
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: text => void process.stdout.write(`${printable(text)}\n`),
  error: text => void process.stderr.write(`${printable(text)}\n`),
  readLine: () => firstLine(process.stdin),
  env: processEnvironment(),
}

/** Text without control and format characters (which could move the cursor or hide what is written), line breaks kept. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '\u{FFFD}')
}

const longest = 4096

/** The first line of a stream of text, without its line break. */
export async function firstLine(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.includes('\n') || text.length > longest) break
  }
  const [line = ''] = text.split(/\r?\n/)
  if (line.length <= longest) return line
  throw new PorticoError('E_CONFIG', `standard input: the first line is longer than ${longest} characters`)
}
