import { fork, type ChildProcess } from 'node:child_process'
import { messageOf, PorticoError } from '../../runtime/errors.ts'

/** What a process of a benchmark can be asked, by name. Arguments and answers must be plain data. */
export type Service<S> = { readonly [K in keyof S]: (argument: never) => unknown }

/** The same, as the process sees it that asks. */
export type Remote<S> = {
  readonly [K in keyof S]: S[K] extends () => infer R
    ? () => Promise<Awaited<R>>
    : S[K] extends (argument: infer A) => infer R
      ? (argument: A) => Promise<Awaited<R>>
      : never
}

interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

type Answer = { readonly id: number } & (
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly why: string }
)

/** Answers the questions of the process that forked this one; ends when that one is gone. */
export function serve<S extends Service<S>>(service: S): void {
  const functions = new Map(Object.entries<(argument: never) => unknown>(service))
  process.on('message', ({ id, name, argument }: Question) => {
    Promise.resolve()
      // eslint-disable-next-line typescript/no-unsafe-type-assertion -- both sides are of the same type
      .then(() => functions.get(name)?.(argument as never))
      .then(
        result => process.send?.({ id, ok: true, result } satisfies Answer),
        (cause: unknown) => process.send?.({ id, ok: false, why: messageOf(cause) } satisfies Answer),
      )
  })
  process.on('disconnect', () => process.exit(0))
}

export interface SpawnOptions {
  /** The compiled module of the process. */
  readonly module: string
  readonly execArgv?: readonly string[]
  /** Where it writes its log; default: nowhere. */
  readonly stderr?: number
}

/** A process of a benchmark. Whatever goes wrong in it rejects the question that was asked. */
export interface Process<S> {
  readonly pid: number
  readonly ask: Remote<S>
  /** Asks it to end, and after a while ends it; resolves when it is gone. */
  readonly stop: () => Promise<void>
}

/** Starts a process whose module calls `serve`. */
export function start<S>({ module, execArgv = [], stderr }: SpawnOptions): Process<S> {
  const child = fork(module, {
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', stderr ?? 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  const asked = new Map<number, (answer: Answer) => void>()
  child.on('message', (answer: Answer) => {
    asked.get(answer.id)?.(answer)
    asked.delete(answer.id)
  })
  child.once('exit', code => {
    for (const [id, tell] of asked) tell({ id, ok: false, why: `${module} ended with ${code}` })
    asked.clear()
  })
  let ids = 0
  const ask = (name: string) => (argument?: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const id = (ids += 1)
      asked.set(id, answer => {
        if (answer.ok) resolve(answer.result)
        else reject(new PorticoError('E_LAB', `${name}: ${answer.why}`))
      })
      child.send({ id, name, argument } satisfies Question, cause => {
        if (cause !== null) asked.get(id)?.({ id, ok: false, why: cause.message })
      })
    })
  // eslint-disable-next-line typescript/no-unsafe-type-assertion -- both sides are of the same type
  const remote = new Proxy({}, { get: (_, name) => ask(String(name)) }) as Remote<S>
  return { pid: child.pid ?? 0, ask: remote, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(timer)
}
