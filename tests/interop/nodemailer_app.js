// A Node.js application's mail by nodemailer: a job in JSON on stdin, what came of it on stdout.
"use strict";
const nodemailer = require("nodemailer");

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const job = JSON.parse(Buffer.concat(chunks));
  const transport = nodemailer.createTransport(job.transport);
  const answers = [];
  for (const message of job.messages) {
    try {
      const sent = await transport.sendMail(message);
      answers.push({ response: sent.response, accepted: sent.accepted, rejected: sent.rejected });
    } catch (error) {
      answers.push({ code: error.responseCode, response: error.response });
    }
  }
  transport.close();
  console.log(JSON.stringify(answers));
}

main();
