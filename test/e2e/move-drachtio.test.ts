import t from 'tap'
import { inNamespace } from '../support/namespace.ts'
import { tellMove } from './move.ts'

t.setTimeout(180_000)
if (await inNamespace(import.meta.url)) await tellMove('drachtio')
