import { inNamespace } from '../support/namespace.ts'
import { tellFirstLight } from './first-light.ts'

if (await inNamespace(import.meta.url)) tellFirstLight({ store: 'redis', engine: 'drachtio' })
