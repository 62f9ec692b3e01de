/** A session description (RFC 8866) read into values, within limits. Time and memory are linear in its length. */
import { PorticoError } from '../../runtime/errors.ts'

/** What is understood of a session description. */
export interface Sdp {
  readonly origin: { readonly id: string; readonly version: string; readonly address: string }
  /** The address of all sections that name none themselves. */
  readonly address: string | undefined
  readonly attributes: readonly string[]
  readonly sections: readonly SdpSection[]
}

/** One m= line and what follows it. */
export interface SdpSection {
  readonly media: string
  readonly port: number
  readonly protocol: string
  readonly formats: readonly string[]
  readonly address: string | undefined
  readonly attributes: readonly string[]
}

const mostBytes = 16_384
const mostLineBytes = 1_024
const mostLines = 512
const mostSections = 8
const mostFormats = 64
const mostCandidates = 64

/** Throws `E_MEDIA_SDP`, naming the fault, when it cannot be read or is beyond a limit. */
export function parseSdp(text: string): Sdp {
  const lines = linesOf(text)
  if (lines[0] !== 'v=0') throw fault('it does not begin with v=0')
  const firstSection = lines.findIndex(line => line.startsWith('m='))
  if (firstSection < 0) throw fault('it has no m= line')
  const head = lines.slice(1, firstSection)
  const candidates = lines.filter(line => line.startsWith('a=candidate:')).length
  if (candidates > mostCandidates) throw fault(`it has more than ${mostCandidates} candidates`)
  return {
    origin: originOf(head.find(line => line.startsWith('o='))),
    address: addressOf(head),
    attributes: attributesOf(head),
    sections: sectionsOf(lines.slice(firstSection)),
  }
}

/** The same as text. */
export function writeSdp({ origin, address, attributes, sections }: Sdp): string {
  const lines = [
    'v=0',
    `o=- ${origin.id} ${origin.version} ${network(origin.address)}`,
    's=-',
    ...(address === undefined ? [] : [`c=${network(address)}`]),
    't=0 0',
    ...attributes.map(attribute => `a=${attribute}`),
    ...sections.flatMap(section => [
      `m=${section.media} ${section.port} ${section.protocol} ${section.formats.join(' ')}`,
      ...(section.address === undefined ? [] : [`c=${network(section.address)}`]),
      ...section.attributes.map(attribute => `a=${attribute}`),
    ]),
  ]
  return lines.map(line => `${line}\r\n`).join('')
}

/** The failure of a description that cannot be used. */
export function fault(why: string): PorticoError {
  return new PorticoError('E_MEDIA_SDP', `this SDP cannot be used: ${why}`)
}

/** Printable text only: nothing in SDP needs control characters, and NUL ends a string in more than one peer. */
function linesOf(text: string): readonly string[] {
  if (text.length > mostBytes) throw fault(`it is longer than ${mostBytes} bytes`)
  if (!/^(?:[a-z]=[^\p{Cc}]*(?:\r?\n|$))*$/u.test(text)) throw fault('a line is not of the form x=value')
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (lines.length > mostLines) throw fault(`it has more than ${mostLines} lines`)
  if (lines.some(line => line.length > mostLineBytes))
    throw fault(`a line is longer than ${mostLineBytes} bytes`)
  return lines
}

function originOf(line: string | undefined): Sdp['origin'] {
  const [, id, version, address] =
    /^o=\S{1,64} (\d{1,20}) (\d{1,20}) IN IP[46] ([A-Za-z0-9.:-]{1,255})$/.exec(line ?? '') ?? []
  if (id === undefined || version === undefined || address === undefined) throw fault('its o= line is wrong')
  return { id, version, address }
}

function addressOf(lines: readonly string[]): string | undefined {
  const line = lines.find(one => one.startsWith('c='))
  if (line === undefined) return undefined
  const [, version, address = ''] = /^c=IN IP([46]) ([0-9A-Fa-f.:]{2,45})$/.exec(line) ?? []
  if (version === undefined || (version === '6') !== address.includes(':')) throw fault('a c= line is wrong')
  return address
}

function attributesOf(lines: readonly string[]): readonly string[] {
  return lines.filter(line => line.startsWith('a=')).map(line => line.slice(2))
}

function sectionsOf(lines: readonly string[]): readonly SdpSection[] {
  const starts = lines.flatMap((line, at) => (line.startsWith('m=') ? [at] : []))
  if (starts.length > mostSections) throw fault(`it has more than ${mostSections} m= lines`)
  return starts.map((start, n) => sectionOf(lines.slice(start, starts[n + 1])))
}

function sectionOf(lines: readonly string[]): SdpSection {
  const rest = lines.slice(1)
  const [, media = '', port, protocol = '', formats = ''] =
    /^m=([a-z]{1,16}) (\d{1,5}) ([A-Za-z0-9/]{1,32}) (\S.*)$/.exec(lines[0] ?? '') ?? []
  if (port === undefined || Number(port) > 65_535) throw fault('an m= line is wrong')
  const list = formats.split(' ')
  if (list.length > mostFormats) throw fault(`an m= line has more than ${mostFormats} formats`)
  return {
    media,
    port: Number(port),
    protocol,
    formats: list,
    address: addressOf(rest),
    attributes: attributesOf(rest),
  }
}

function network(address: string): string {
  return `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`
}
