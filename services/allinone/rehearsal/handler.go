package rehearsal

import (
	"embed"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/netip"
)

//go:embed assets
var assets embed.FS

// Handler serves, below /rehearsal/:
//
//	GET  faults         the states of all faults
//	POST faults/{name}  makes one; the body is JSON and says nothing
//	GET  account        the ledger's latest account, as it gives it
//	GET  script.js, style.css
//
// A fault is made only for who sits at this machine and uses the page itself: the connection is a loopback one, the request
// names the machine by a loopback name (so that no other name can be made to lead here), comes from the same origin, and has
// the type application/json, which no form can send.
func Handler(board *Board, account http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /rehearsal/account", account)
	mux.HandleFunc("GET /rehearsal/faults", func(w http.ResponseWriter, r *http.Request) { tell(w, http.StatusOK, board.States(r.Context())) })
	mux.Handle("POST /rehearsal/faults/{name}", http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case !local(r):
			refuse(w, http.StatusForbidden, errors.New("faults are made from this machine alone, at 127.0.0.1 or localhost"))
			return
		case kind != "application/json":
			refuse(w, http.StatusUnsupportedMediaType, errors.New("send application/json"))
			return
		}
		err := board.Make(r.Context(), r.PathValue("name"))
		switch {
		case errors.Is(err, ErrUnknown):
			refuse(w, http.StatusNotFound, err)
		case err != nil:
			refuse(w, http.StatusServiceUnavailable, err)
		default:
			tell(w, http.StatusOK, board.States(r.Context()))
		}
	})))
	for name, kind := range map[string]string{"script.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8"} {
		mux.HandleFunc("GET /rehearsal/"+name, func(w http.ResponseWriter, _ *http.Request) {
			text, err := assets.ReadFile("assets/" + name)
			if err != nil {
				refuse(w, http.StatusNotFound, errors.New("there is no such file"))
				return
			}
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(text) // the reader may have gone
		})
	}
	return mux
}

// local says whether a request is of somebody at this machine who knows that it is.
func local(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func refuse(w http.ResponseWriter, status int, err error) {
	tell(w, status, struct {
		Error string `json:"error"`
	}{err.Error()})
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have gone
}
