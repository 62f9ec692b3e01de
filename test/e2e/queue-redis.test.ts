import { inNamespace } from '../support/namespace.ts'
import { tellQueue } from './queue.ts'

if (await inNamespace(import.meta.url)) tellQueue({ store: 'redis', engine: 'embedded' })
