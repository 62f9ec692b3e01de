import t from 'tap'
import { inNamespace } from '../support/namespace.ts'
import { tellSound } from './sound.ts'

t.setTimeout(180_000)
if (await inNamespace(import.meta.url)) await tellSound('drachtio')
