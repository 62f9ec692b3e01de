import type { Core } from '../core.ts'
import { callId, cseq, fromTag, toTag } from '../message/accessors.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import type { Composed } from '../uac/compose.ts'
import { loopMark } from './marks.ts'
import { routeLines, type Routes } from './routes.ts'

/** What a proxy changes in a request. */
export interface Changes {
  readonly uri: string
  readonly routes: Routes
  /** Record-Route or Path, above those of others. */
  readonly recorded: readonly HeaderLine[]
  readonly extra: readonly HeaderLine[]
}

/** The copy of a request that a proxy sends on, but for its Via (RFC 3261 §16.6). */
export function passedOn(request: SipRequest, { uri, routes, recorded, extra }: Changes): Composed {
  const names = request.headers.names()
  const route = routeLines(routes.rest, uri)
  const vias: HeaderLine[] = []
  const others: HeaderLine[] = []
  for (const [at, line] of request.headers.lines.entries()) {
    const name = names[at] ?? ''
    if (name === 'via') vias.push(line)
    else if (!changedNames.has(name)) others.push(line)
  }
  const hops: HeaderLine = ['Max-Forwards', String(hopsLeft(request))]
  const added = extra.filter(([name]) => !engineNames.has(longName(name)))
  return {
    uri: route.uri,
    lines: [...vias, hops, ...route.lines, ...recorded, ...others, ...added],
    contact: '',
  }
}

/** The mark of a request that is sent on, and whether it has been here before in the same form. */
export function loopOf(
  core: Core,
  request: SipRequest,
  uri: string,
): { readonly mark: string; readonly isLoop: boolean } {
  const { headers } = request
  const mark = loopMark(core.routeKey, [
    uri,
    callId(request),
    fromTag(request),
    toTag(request),
    String(cseq(request)?.number),
    request.method,
    ...headers.all('Route'),
    headers.get('Proxy-Authorization'),
  ])
  return { mark, isLoop: headers.all('Via').some(value => value.includes(`-${mark}`)) }
}

function hopsLeft({ headers }: SipRequest): number {
  const given = headers.get('Max-Forwards')
  return given === undefined ? mostHops : Math.max(Number(given) - 1, 0)
}

const mostHops = 70
const changedNames: ReadonlySet<string> = new Set(['max-forwards', 'route', 'content-length'])
/** They say what the engine does, or what the call is; an application has no say in them. */
const engineNames: ReadonlySet<string> = new Set([
  ...changedNames,
  'via',
  'record-route',
  'path',
  'from',
  'to',
  'call-id',
  'cseq',
  'contact',
])
