import { Agent, request } from 'node:http';

/**
 * Sends GETs to a URL for a while over several connections and prints how many were answered a second. A program of its
 * own, so that its work is not counted as the server's: `tsx test/sandbox/load.ts URL [seconds] [gzip]`.
 */
const [url = '', seconds = '2', encoding = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const headers = {
  authorization: `Basic ${Buffer.from('sandbox-key:').toString('base64')}`,
  ...(encoding === '' ? {} : { 'accept-encoding': encoding }),
};
const end = performance.now() + Number(seconds) * 1000;
let answered = 0;

function get(): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

async function keepGetting(): Promise<void> {
  while (performance.now() < end) {
    await get();
    answered += 1;
  }
}

await Promise.all(Array.from({ length: 8 }, keepGetting));
agent.destroy();
console.log(Math.round(answered / Number(seconds)));
