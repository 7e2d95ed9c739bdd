// The program under test, started with its own simulators on a free port.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ready = /serves on (http:\/\/\S+)/;

export async function startGateway(program) {
  const directory = mkdtempSync(join(tmpdir(), 'codecrucible-sdk-'));
  const environment = { ...process.env, HOME: directory, XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory };
  delete environment.CODECRUCIBLE_CONFIG;
  const child = spawn(program, ['serve', '--simulate', '--port', '0'],
    { cwd: directory, env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready within 30 s:\n${log}`)), 30_000);
    child.on('error', reject);
    child.on('exit', code => reject(new Error(`ended with code ${code}:\n${log}`)));
    child.stderr.on('data', piece => {
      log += piece;
      const found = ready.exec(log);
      if (!found) return;
      clearTimeout(late);
      resolve(found[1]);
    });
  });
  const ended = new Promise(resolve => child.on('exit', (code, signal) => resolve(signal ?? code)));
  return {
    url,
    log: () => log,
    // The exit code, or the signal that ended it.
    async stop() {
      child.kill('SIGTERM');
      const end = await ended;
      rmSync(directory, { recursive: true, force: true });
      return end;
    },
  };
}
