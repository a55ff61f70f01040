import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { deniedPermissions, lastingGrants } from '../../runtime/schedule/grants.ts'
import { stage } from './support.ts'

const asking = {
  ...stage('captions', 'good'),
  permissions: { net: ['api.example:443'], env: ['API_KEY'], run: ['gdalinfo'], read: ['/data/set/a.csv'] },
}

test('environment variables grant permissions to all runs', () => {
  const environment = {
    TERROIR_ALLOW_NET: 'other.example,api.example',
    TERROIR_ALLOW_ENV: 'API_KEY',
    TERROIR_ALLOW_RUN: 'gdalinfo',
    TERROIR_ALLOW_READ: '/mnt:/data/set',
  }
  const denied = (given: Readonly<Record<string, string>>) =>
    deniedPermissions([asking], {}, lastingGrants(given)).map(({ flag, variable }) => [flag, variable])
  assert.equal(denied(environment), [])
  assert.equal(denied({ ...environment, TERROIR_ALLOW_READ: '/data/se' }), [
    ['--allow-read=/data/set/a.csv', 'TERROIR_ALLOW_READ'],
  ])
  assert.is(denied({}).length, 4)
  assert.is(lastingGrants(environment).length, 6)
  assert.throws(() => lastingGrants({ TERROIR_ALLOW_READ: 'data' }), /'data' in TERROIR_ALLOW_READ is no absolute path/)
})

test.run()
