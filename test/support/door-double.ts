import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { json } from 'node:stream/consumers'
import { extname, join, normalize } from 'node:path'
import { generate } from 'selfsigned'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import { answerTo, headerOf, methodOf, readSip, writeSip, type SipText } from './sip-text.ts'

/** What a double of the front door does. */
export interface DoorDoubleOptions {
  /** Folder of the built page. */
  readonly pages: string
  /** The final answer to an INVITE: an SDP for 200, or a status and reason. */
  readonly onInvite: (offer: string) => Promise<string | readonly [status: number, reason: string]>
}

/** The public side of a front door with one agent, `1001` and password `secret`, and no call logic at all. */
export interface DoorDouble {
  readonly url: string
  /** PEM. */
  readonly certificate: string
  /** What the agent dialled and hung up, as `METHOD path`, in order. */
  readonly calls: readonly string[]
  /** Methods of the requests that came, in order. */
  readonly requests: readonly string[]
  /** Sends a request in the dialog of the last INVITE. */
  send(method: string, headers?: readonly (readonly [string, string])[], body?: string): void
  /** Cuts every WebSocket as a lost network would, without a closing handshake. */
  cut(): void
  /** While set, no new WebSocket is taken. */
  refuseConnections(refuse: boolean): void
  close(): Promise<void>
}

/** Starts a double on a free port of 127.0.0.1. */
export async function startDoorDouble(options: DoorDoubleOptions): Promise<DoorDouble> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Portico test' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  const calls: string[] = []
  const server = createServer(
    { cert, key },
    (request, response) => void serve(request, response, options.pages, calls),
  )
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'sip' })
  const phone = createSipSide(options)
  let refuse = false
  server.on('upgrade', (request, socket, head) => {
    if (refuse || request.url !== '/sip') return void socket.destroy()
    sockets.handleUpgrade(request, socket, head, ws => phone.attach(ws))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
    certificate: cert,
    calls,
    requests: phone.requests,
    send: (method, headers, body) => phone.send(method, headers, body),
    cut: () => sockets.clients.forEach(ws => ws.terminate()),
    refuseConnections: to => (refuse = to),
    async close() {
      sockets.clients.forEach(ws => ws.terminate())
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  pages: string,
  calls: string[],
): Promise<void> {
  if (request.method === 'POST' && request.url === '/api/session') return grant(request, response)
  if (request.url?.startsWith('/api/session/calls')) return callOf(request, response, calls)
  const path = normalize(new URL(request.url ?? '/', 'https://127.0.0.1').pathname)
  const file = join(pages, path === '/' ? 'index.html' : path)
  const bytes = await readFile(file).catch(() => undefined)
  if (!bytes) return void response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': "default-src 'self'",
  })
  response.end(bytes)
}

async function grant(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const words = JSON.stringify(await json(request))
  if (words !== JSON.stringify({ agent: '1001', password: 'secret' })) {
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"title":"no"}')
    return
  }
  const session = {
    agent: '1001',
    sipUri: 'sip:1001@portico.test',
    authorizationUser: '1001',
    password: sipPassword,
    wssUrl: `wss://${request.headers.host}/sip`,
    iceServers: [],
    conference: 'agt-1001',
    expiresAt: Date.now() + 3_600_000,
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(session))
}

const sipPassword = 'for SIP only'

/** Takes every number but those that begin with 0900. The reference of a call is its id, too. */
async function callOf(request: IncomingMessage, response: ServerResponse, calls: string[]): Promise<void> {
  const proof = `Basic ${Buffer.from(`1001:${sipPassword}`).toString('base64')}`
  if (request.headers.authorization !== proof) return void response.writeHead(401).end()
  if (request.method === 'DELETE') {
    calls.push(`DELETE ${request.url}`)
    return void response.writeHead(204).end()
  }
  const { number, reference } = order.parse(await json(request))
  calls.push(`POST ${number} ${reference}`)
  if (number.startsWith('0900')) return void response.writeHead(403).end('{}')
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'c9' }))
}

const order = z.object({ number: z.string(), reference: z.string() })

function createSipSide({ onInvite }: DoorDoubleOptions) {
  const requests: string[] = []
  let flow: WebSocket | undefined
  let invite: SipText | undefined
  let sequence = 100
  const received = async (ws: WebSocket, message: SipText): Promise<void> => {
    const method = methodOf(message)
    if (!method) return
    requests.push(method)
    if (method === 'REGISTER') return ws.send(answerToRegister(message))
    if (method === 'ACK') return
    if (method !== 'INVITE') return ws.send(answerTo(message, 200))
    invite = message
    ws.send(answerTo(message, 100))
    const answer = await onInvite(message.body)
    ws.send(finalAnswer(message, answer))
  }
  return {
    requests,
    attach(ws: WebSocket) {
      flow = ws
      ws.on('message', (data: Buffer) => void received(ws, readSip(data.toString())))
    },
    send(method: string, headers: readonly (readonly [string, string])[] = [], body = '') {
      if (!flow || !invite) throw new Error('there is no call to send a request in')
      sequence += 1
      flow.send(inDialog(invite, method, sequence, headers, body))
    },
  }
}

function finalAnswer(invite: SipText, answer: string | readonly [number, string]): string {
  if (typeof answer !== 'string') return answerTo(invite, answer[0], { reason: answer[1] })
  const headers = [
    ['Contact', '<sip:door@door.invalid;transport=ws>'],
    ['Content-Type', 'application/sdp'],
  ] as const
  return answerTo(invite, 200, { reason: 'OK', headers, body: answer })
}

function inDialog(
  invite: SipText,
  method: string,
  sequence: number,
  headers: readonly (readonly [string, string])[],
  body: string,
): string {
  const target = /<([^>]*)>/.exec(headerOf(invite, 'contact'))?.[1] ?? ''
  const to = headerOf(invite, 'to')
  return writeSip(
    `${method} ${target} SIP/2.0`,
    [
      ['Via', `SIP/2.0/WSS door.invalid;branch=z9hG4bK${sequence}`],
      ['Max-Forwards', '70'],
      ['From', /;tag=/.test(to) ? to : `${to};tag=double`],
      ['To', headerOf(invite, 'from')],
      ['Call-ID', headerOf(invite, 'call-id')],
      ['CSeq', `${sequence} ${method}`],
      ...headers,
    ],
    body,
  )
}

const nonce = 'c0ffee'

/** Challenges once, and takes the right MD5 answer only (RFC 2617 §3.2.2). */
function answerToRegister(message: SipText): string {
  const credentials = headerOf(message, 'authorization')
  if (!credentials) {
    const challenge = `Digest realm="portico", nonce="${nonce}", qop="auth", algorithm=MD5`
    return answerTo(message, 401, { headers: [['WWW-Authenticate', challenge]] })
  }
  const field = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(credentials)?.[1] ?? ''
  const secret = md5(`1001:portico:${sipPassword}`)
  const request = md5(`REGISTER:${field('uri')}`)
  const expected = md5([secret, nonce, field('nc'), field('cnonce'), 'auth', request].join(':'))
  if (field('response') !== expected) return answerTo(message, 403)
  return answerTo(message, 200, { headers: [['Contact', headerOf(message, 'contact')]] })
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
