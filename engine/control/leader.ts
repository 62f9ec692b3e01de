import type { Source } from '../api.ts'

/** One message of an application, by its leader line. `text` is what follows that line. */
export type AppMessage =
  | { readonly kind: 'authenticate'; readonly id: string; readonly secret: string }
  | { readonly kind: 'route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'remove-route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'ping'; readonly id: string }
  | SipMessageOfApp
  | { readonly kind: 'proxy'; readonly id: string }
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

/** Reads a payload of an application; undefined when it has no usable id to answer to. */
export function parseAppMessage(payload: Buffer): AppMessage | undefined {
  const end = payload.indexOf('\r\n')
  const leader = payload.toString('utf8', 0, end < 0 ? payload.length : end)
  const [id, type, first = '', second = '', third = ''] = leader.split('|', 6)
  if (id === undefined || !idPattern.test(id)) return undefined
  switch (type) {
    case 'authenticate':
      return { kind: 'authenticate', id, secret: first }
    case 'route':
      return { kind: 'route', id, verb: first.toLowerCase() }
    case 'remove_route':
      return { kind: 'remove-route', id, verb: first.toLowerCase() }
    case 'ping':
      return { kind: 'ping', id }
    case 'sip':
      return {
        kind: 'sip',
        id,
        ...(first !== '' && { transaction: first }),
        ...(second !== '' && { dialog: second }),
        ...(third !== '' && { nextHop: third }),
        text: end < 0 ? Buffer.alloc(0) : payload.subarray(end + 2),
      }
    case 'proxy':
      return { kind: 'proxy', id }
    default:
      return { kind: 'unknown', id }
  }
}

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
