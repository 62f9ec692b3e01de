import type { EngineEvent, ForwardParts } from '../api.ts'
import type { HeaderLine, SipResponse } from '../message/message.ts'
import type { App, Incoming } from './book.ts'
import { refusalReason } from './cdr.ts'
import { passedHeaders } from './headers.ts'
import { proxyResponseLeader, type ProxyMessageOfApp } from './leader.ts'
import { hopOf, isOwnAddress, nextHopUri } from './listeners.ts'
import { pathOf } from './paths.ts'
import { challengesOf, contactsOf } from './proxy-answers.ts'
import { beginProxy, stepProxy, type ProxyEffect, type ProxyEvent, type ProxyState } from './proxy-core.ts'
import { durationMs } from './proxy-plan.ts'
import { refuse, reply, telling } from './replies.ts'
import { parseSipOrder } from './sip-order.ts'
import type { Traffic } from './traffic.ts'

type Heard = Extract<EngineEvent, { kind: 'response' }>

/** Starts what a `proxy` message of an application orders; refuses with `NOK`, the only word that drachtio-srf looks for here. */
export function startProxying(traffic: Traffic, app: App, order: ProxyMessageOfApp): void {
  const { book } = traffic
  const incoming = book.incoming.get(order.transaction)
  if (incoming?.app !== app)
    return refuse(app, order.id, 'NOK', `Unknown transaction id: ${order.transaction}`)
  if (order.destinations.length === 0) return refuse(app, order.id, 'NOK', 'proxy needs a destination')
  book.incoming.delete(order.transaction)
  const proxying = new Proxying(traffic, incoming, order)
  book.proxied.set(order.transaction, proxying)
  proxying.begin()
}

/** A request that goes through to its targets. It goes on when its application is gone, since nobody else could answer it. */
export class Proxying {
  readonly #traffic: Traffic
  readonly #incoming: Incoming
  readonly #order: ProxyMessageOfApp
  readonly #extra: readonly HeaderLine[]
  #state: ProxyState | undefined
  /** What the effects that are being carried out are about. */
  #heard: Heard | undefined
  readonly #transactions = new Map<number, string>()
  readonly #branches = new Map<string, number>()
  readonly #finals = new Map<number, SipResponse>()
  readonly #watches = new Map<string, () => void>()

  constructor(traffic: Traffic, incoming: Incoming, order: ProxyMessageOfApp) {
    this.#traffic = traffic
    this.#incoming = incoming
    this.#order = order
    const text = parseSipOrder(order.text)
    this.#extra = text.kind === 'request' ? passedHeaders(text.headers) : []
  }

  /** Asks the first targets; called once. */
  begin(): void {
    const { destinations, simultaneous, followRedirects, provisionalTimeout, finalTimeout } = this.#order
    const [state, ...effects] = beginProxy({
      targets: destinations.map(nextHopUri),
      isInvite: this.#incoming.request.method === 'INVITE',
      isSerial: !simultaneous,
      followsRedirects: followRedirects,
      provisionalMs: durationMs(provisionalTimeout),
      finalMs: durationMs(finalTimeout),
    })
    this.#state = state
    this.#carryOut(effects)
  }

  /** A response to one of the requests that went to the targets. */
  hear(event: Heard): void {
    const branch = this.#branches.get(event.transaction)
    if (branch === undefined) return
    const { status } = event.response
    this.#heard = event
    if (status >= 300) this.#finals.set(branch, event.response)
    this.#step({ kind: 'response', branch, status, contacts: contactsOf(event.response) })
    this.#heard = undefined
  }

  /** The caller has hung up before an answer. */
  callerCancelled(): void {
    this.#step({ kind: 'cancelled' })
  }

  #step(event: ProxyEvent): void {
    if (this.#state === undefined) return
    const [state, ...effects] = stepProxy(this.#state, event)
    this.#state = state
    this.#carryOut(effects)
  }

  #carryOut(effects: readonly ProxyEffect[]): void {
    for (const effect of effects) this.#effect(effect)
  }

  #effect(effect: ProxyEffect): void {
    switch (effect.kind) {
      case 'ask':
        return this.#ask(effect.branch, effect.target)
      case 'cancel':
        return this.#cancel(effect.branch)
      case 'watch':
        return this.#watch(effect)
      case 'unwatch':
        return this.#unwatch(effect.branch, effect.timer)
      case 'report':
        return this.#report()
      case 'answer':
        return this.#answer(effect.branch, effect.status)
      case 'done':
        return this.#done()
    }
  }

  #ask(branch: number, target: string): void {
    const { engine, book, inTurn } = this.#traffic
    const parts = this.#way(target)
    const sent = parts && engine.forward(this.#order.transaction, parts)
    if (sent?.ok !== true) {
      const status = sent?.refusal === 'loop' ? 482 : 503
      return inTurn(() => this.#step({ kind: 'unsent', branch, status }))
    }
    this.#transactions.set(branch, sent.transaction)
    this.#branches.set(sent.transaction, branch)
    book.forwarded.set(sent.transaction, this)
  }

  /** As a drachtio-server does it: a target takes the place of a Request-URI that means us, and is only the next hop of any other. */
  #way(target: string): ForwardParts | undefined {
    const { request } = this.#incoming
    const meant = hopOf(request.uri)
    const listeners = this.#traffic.engine.listeners()
    const isForUs = typeof meant === 'object' && isOwnAddress(listeners, meant)
    const path = pathOf(this.#traffic, isForUs ? undefined : target, isForUs ? target : request.uri)
    if (typeof path === 'string') return undefined
    const stay = this.#order.remainInDialog
    return { ...path.parts, ...(isForUs && { uri: target }), stay, headers: this.#extra }
  }

  #cancel(branch: number): void {
    const transaction = this.#transactions.get(branch)
    if (transaction !== undefined && this.#incoming.request.method === 'INVITE')
      this.#traffic.engine.cancel(transaction)
  }

  #watch({ branch, timer, ms }: Extract<ProxyEffect, { kind: 'watch' }>): void {
    const { clock, inTurn } = this.#traffic
    const late = (): void => inTurn(() => this.#step({ kind: 'late', branch, timer }))
    this.#watches.set(`${branch} ${timer}`, clock.after(ms, late))
  }

  #unwatch(branch: number, timer?: string): void {
    for (const name of timer === undefined ? ['provisional', 'final'] : [timer]) {
      this.#watches.get(`${branch} ${name}`)?.()
      this.#watches.delete(`${branch} ${name}`)
    }
  }

  #report(): void {
    const { clock, cdrs, book } = this.#traffic
    const { app, request, source } = this.#incoming
    if (this.#heard === undefined) return
    const { response, source: place } = this.#heard
    if (response.status < 300) {
      book.contacts.learn(request, response, source, clock.now())
      if (request.method === 'INVITE') {
        cdrs.start('network', response, 'proxy-uac')
        cdrs.start('application', response, 'proxy-uas')
      }
    }
    if (!this.#order.fullResponse) return
    const told = telling(clock, response, place)
    app.send(proxyResponseLeader({ to: this.#order.id, ...told }), told.text)
  }

  #answer(branch: number, status: number): void {
    const { engine, cdrs } = this.#traffic
    const { transaction } = this.#order
    const best = this.#finals.get(branch)
    const done =
      best?.status === status
        ? engine.relay(transaction, { ...best, headers: challengesOf(best, [...this.#finals.values()]) })
        : engine.respond(transaction, { status })
    if (done.ok && this.#incoming.request.method === 'INVITE')
      cdrs.stop('application', done.response, refusalReason(status))
  }

  #done(): void {
    const { book } = this.#traffic
    book.proxied.delete(this.#order.transaction)
    for (const transaction of this.#branches.keys()) book.forwarded.delete(transaction)
    for (const cancel of this.#watches.values()) cancel()
    reply(this.#incoming.app, this.#order.id, 'OK', 'done')
  }
}
