import type { Source } from '../api.ts'

/** One message of an application, by its leader line. `text` is what follows that line. */
export type AppMessage =
  | {
      readonly kind: 'authenticate'
      readonly id: string
      readonly secret: string
      readonly tags: readonly string[]
    }
  | { readonly kind: 'route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'remove-route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'ping'; readonly id: string }
  | SipMessageOfApp
  | ProxyMessageOfApp
  | { readonly kind: 'unknown'; readonly id: string }

/** A request or response to be sent; empty fields are undefined. */
export interface SipMessageOfApp {
  readonly kind: 'sip'
  readonly id: string
  readonly transaction?: string
  readonly dialog?: string
  readonly nextHop?: string
  readonly text: Buffer
}

/** A request to be sent on by this server as a proxy. */
export interface ProxyMessageOfApp {
  readonly kind: 'proxy'
  readonly id: string
  readonly transaction: string
  readonly remainInDialog: boolean
  /** Whether each final response is to be told. */
  readonly fullResponse: boolean
  readonly followRedirects: boolean
  readonly simultaneous: boolean
  /** As the application wrote them: `2s`, `500ms` or nothing. */
  readonly provisionalTimeout: string
  readonly finalTimeout: string
  readonly destinations: readonly string[]
  readonly text: Buffer
}

/** Reads a payload of an application; undefined when it has no usable id to answer to. */
export function parseAppMessage(payload: Buffer): AppMessage | undefined {
  const end = payload.indexOf('\r\n')
  const leader = payload.toString('utf8', 0, end < 0 ? payload.length : end)
  const fields = leader.split('|', mostFields)
  const [id, type, first = '', second = ''] = fields
  const text = end < 0 ? Buffer.alloc(0) : payload.subarray(end + 2)
  if (id === undefined || !idPattern.test(id)) return undefined
  switch (type) {
    case 'authenticate':
      return { kind: 'authenticate', id, secret: first, tags: second === '' ? [] : second.split(',') }
    case 'route':
      return { kind: 'route', id, verb: first.toLowerCase() }
    case 'remove_route':
      return { kind: 'remove-route', id, verb: first.toLowerCase() }
    case 'ping':
      return { kind: 'ping', id }
    case 'sip':
      return sipMessage(id, fields, text)
    case 'proxy':
      return proxyMessage(id, fields, text)
    default:
      return { kind: 'unknown', id }
  }
}

function sipMessage(id: string, fields: readonly string[], text: Buffer): SipMessageOfApp {
  const [, , transaction = '', dialog = '', nextHop = ''] = fields
  return {
    kind: 'sip',
    id,
    ...(transaction !== '' && { transaction }),
    ...(dialog !== '' && { dialog }),
    ...(nextHop !== '' && { nextHop }),
    text,
  }
}

function proxyMessage(id: string, fields: readonly string[], text: Buffer): ProxyMessageOfApp {
  const [, , transaction = '', remain, full, follow, forking, provisionalTimeout = '', finalTimeout = ''] =
    fields
  return {
    kind: 'proxy',
    id,
    transaction,
    remainInDialog: remain === 'remainInDialog',
    fullResponse: full === 'fullResponse',
    followRedirects: follow === 'followRedirects',
    simultaneous: forking === 'simultaneous',
    provisionalTimeout,
    finalTimeout,
    destinations: fields.slice(9).filter(destination => destination !== ''),
    text,
  }
}

/** Enough for a `proxy` with more destinations than are ever asked. */
const mostFields = 64
const idPattern = /^[\w.:-]{1,128}$/

/** Where a message came from or went to; undefined when no socket was involved. */
export type Place = Pick<Source, 'transport' | 'address' | 'port'> | undefined

/** `sip|network|…` of a request outside dialogs: it also tells the local address and the connection (`sessionToken` in drachtio-srf). */
export function newRequestLeader(told: {
  readonly id: string
  readonly bytes: number
  readonly place: Place
  readonly time: string
  readonly transaction: string
  readonly local: { readonly host: string; readonly port: number } | undefined
  readonly flow: string | undefined
}): string {
  const { id, bytes, place, time, transaction, local, flow } = told
  return `${id}|sip|network|${origin(bytes, place)}|${time}|${transaction}||${local?.host ?? ''}|${local?.port ?? ''}|${flow ?? ''}`
}

/** `sip|…` of everything else that is delivered: requests inside a dialog, ACK, CANCEL, responses. */
export function deliveryLeader(told: {
  readonly id: string
  readonly from: 'network' | 'application'
  readonly bytes: number
  readonly place: Place
  readonly time: string
  readonly transaction: string
  readonly dialog: string | undefined
}): string {
  const { id, from, bytes, place, time, transaction, dialog } = told
  return `${id}|sip|${from}|${origin(bytes, place)}|${time}|${transaction}|${dialog ?? ''}|`
}

/** `response|…|OK|application|…`, the echo of a request that was sent. */
export function requestSentLeader(told: {
  readonly id: string
  readonly to: string
  readonly bytes: number
  readonly place: Place
  readonly time: string
  readonly transaction: string
}): string {
  const { id, to, bytes, place, time, transaction } = told
  return `${id}|response|${to}|OK|application|${origin(bytes, place)}|${time}|${transaction}|Msg sent:|`
}

/** `response|…|OK|application|…`, the echo of a response that was sent; the dialog is two fields before `Msg sent:`. */
export function responseSentLeader(told: {
  readonly id: string
  readonly to: string
  readonly bytes: number
  readonly place: Place
  readonly time: string
  readonly transaction: string
  readonly dialog: string | undefined
}): string {
  const { id, to, bytes, place, time, transaction, dialog } = told
  return `${id}|response|${to}|OK|application|${origin(bytes, place)}|${time}|${transaction}|${dialog ?? ''}||Msg sent:|`
}

/** `response|…|OK|network|…|continue`: a final response of one of the targets of a `proxy`. */
export function proxyResponseLeader(told: {
  readonly id: string
  readonly to: string
  readonly bytes: number
  readonly place: Place
  readonly time: string
}): string {
  const { id, to, bytes, place, time } = told
  return `${id}|response|${to}|OK|network|${origin(bytes, place)}|${time}|||continue`
}

/** `response|…` without a message: `OK` with what follows, or a refusal (`NO` at once, `NOK` by the SIP layer). */
export function replyLeader(
  id: string,
  to: string,
  status: 'OK' | 'NO' | 'NOK',
  ...fields: readonly string[]
): string {
  return [id, 'response', to, status, ...fields].join('|')
}

/** UTC as `HH:MM:SS.uuuuuu`, from wall-clock milliseconds. */
export function timeOfDay(wallMs: number): string {
  const micros = Math.floor((wallMs % 1000) * 1000)
  const seconds = Math.floor(wallMs / 1000)
  const hours = Math.floor(seconds / 3600) % 24
  return `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(micros).padStart(6, '0')}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function origin(bytes: number, place: Place): string {
  // Nothing was sent or received: the form in which a drachtio-server tells its own 408 and 503.
  if (place === undefined) return '0|unknown||'
  return `${bytes}|${place.transport}|${place.address}|${place.port}`
}
