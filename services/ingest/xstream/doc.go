// Package xstream is a client of X's v2 filtered stream: it keeps the account's rules as they are wanted, holds one
// connection, tells failures apart and waits as X asks for between attempts. It knows what it may have missed, searches
// for that beside the live stream, tells what could not be found, and reads no more than a budget allows. It hands out
// lines as they came, with the key that they are filed under, and owns neither what a post means, nor where it is
// written, nor what is remembered beyond the process, nor how requests are sent and their failures judged (pipeline/xapi).
//
// Sources: docs.x.com, "Consuming streaming data" (keep-alives, back-off, disconnects), "Filtered stream" (rules,
// limits), "Recent search" (ranges, pages), "Stream connections", "Usage" and the OpenAPI description of the API,
// version 2.167.
package xstream
