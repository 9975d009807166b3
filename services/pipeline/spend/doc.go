// Package spend counts what X bills for and says how much more may be read: a meter of posts and money, and a governor
// that keeps both within a daily and a monthly budget. It makes no requests and changes no rules; who reads X's stream asks
// it and obeys (Verdict, Bill), and so does who looks posts up (Reserve). Where two processes share the budgets, each tells
// its governor what the other has spent (Beside). It owns neither where a count is kept (pipeline/checkpoint) nor how X's
// own is asked for.
//
// What is billed (docs.x.com, "Pricing", August 2026): each post that is read, by the stream or by a search, at a price
// per post; the same post again within the same UTC day is free. Days and months here are those of UTC.
package spend
