// Says of each request on standard input whether it is accepted: by the published library (v1), and by Node (v1a).
// In: {secret, keys: JWK set, requests: [{headers, body}]}.  Out: [{v1, v1a}].
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, keys, requests } = JSON.parse(readFileSync(0, "utf8"));
const webhook = new Webhook(secret);
const known = keys.keys.map((jwk) => createPublicKey({ key: jwk, format: "jwk" }));

function accepted({ headers, body }) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch (error) {
    if (error.name !== "WebhookVerificationError") throw error;
    return false;
  }
}

function proven({ headers, body }) {
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  return headers["webhook-signature"]
    .split(" ")
    .filter((one) => one.startsWith("v1a,"))
    .some((one) => known.some((key) => verify(null, signed, key, Buffer.from(one.slice(4), "base64"))));
}

console.log(JSON.stringify(requests.map((one) => ({ v1: accepted(one), v1a: proven(one) }))));
