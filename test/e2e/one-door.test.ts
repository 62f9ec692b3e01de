import t from 'tap'
import { inNamespace } from '../support/namespace.ts'
import { tellOneDoor } from './one-door.ts'

t.setTimeout(120_000)
if (await inNamespace(import.meta.url)) await tellOneDoor('embedded')
