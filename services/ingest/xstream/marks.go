package xstream

// FillSearch marks posts that recent search has found (tweet.Raw.Fill).
const FillSearch = "recent-search"
