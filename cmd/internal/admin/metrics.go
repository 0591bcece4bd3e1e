package admin

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// collectTime bounds what a scrape may ask of the store.
const collectTime = 5 * time.Second

// metrics serves Prometheus: every field of every Counters struct by its name
// (Malformed of media becomes strowger_media_malformed_total; a signed field is a
// gauge), and the gauges of the node.
func (s *Server) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r.MustRegister(s.cfg.Meters...)
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 2 * collectTime})
}

type collector struct{ s *Server }

// Describe sends nothing: what there is depends on the parts of the node.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads every counter and gauge.
func (c collector) Collect(out chan<- prometheus.Metric) {
	emit := func(name, help string, kind prometheus.ValueType, v float64) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("strowger_"+name, help, nil, nil), kind, v)
	}
	for part, structs := range c.s.cfg.Counters {
		counters(part, structs, emit)
	}
	counters("admin", []any{&c.s.counters}, emit)
	gauge := func(name, help string, v int) { emit(name, help, prometheus.GaugeValue, float64(v)) }
	m := c.s.cfg.Media.Stats()
	gauge("calls_active", "Calls that are not over.", c.s.cfg.Calls.Active())
	gauge("calls_limit", "Calls that are taken at once.", c.s.cfg.Node.Limits.Calls)
	gauge("media_endpoints", "Legs with RTP ports.", m.Endpoints)
	gauge("media_port_pairs_free", "Pairs of RTP ports that are free.", m.PortsFree)
	gauge("media_port_pairs_resting", "Pairs of RTP ports that rest before reuse.", m.PortsResting)
	gauge("media_port_pairs", "Pairs of RTP ports that are configured.", m.PortsTotal)
	gauge("media_streams_in_kernel", "Streams that the kernel carries, one for each direction.", m.Carried)
	out <- prometheus.MustNewConstMetric(prometheus.NewDesc("strowger_media_plane_info", "What carries sound.",
		[]string{"plane", "attached"}, nil), prometheus.GaugeValue, 1, planeName(m), m.Kernel)
	load := c.s.cfg.Load()
	measure := func(name, help string, v float64) { emit(name, help, prometheus.GaugeValue, v) }
	measure("media_load_ratio", "Part of what the relay can carry that it carries, with what calls that ring will bring.", load.Share)
	measure("media_packets_per_second", "RTP packets that parties send.", load.Packets)
	measure("media_packet_cpu_seconds", "CPU that a packet of a party costs.", load.Cost.Seconds())
	measure("media_cpu_processors", "Processors that sound takes.", load.Sound)
	gauge("media_speaking", "Legs whose party has sent sound.", m.Speaking)
	gauge("media_full", "1 while new calls are refused, as the relay is near what it can carry.", map[bool]int{true: 1}[load.Full])
	c.collectTrunks(out)
	ctx, cancel := context.WithTimeout(context.Background(), collectTime)
	defer cancel()
	if seats, bindings, err := c.s.registered(ctx); err == nil {
		gauge("seats_registered", "Seats with a living binding, of the whole store.", seats)
		gauge("bindings", "Living bindings, of the whole store.", bindings)
	}
}

// counters emits the sums of structs of one type, field by field.
func counters(part string, structs []any, emit func(name, help string, kind prometheus.ValueType, v float64)) {
	if len(structs) == 0 {
		return
	}
	t := reflect.TypeOf(structs[0]).Elem()
	for i := range t.NumField() {
		field := t.Field(i)
		var sum float64
		kind, suffix := prometheus.CounterValue, "_total"
		for _, one := range structs {
			switch v := reflect.ValueOf(one).Elem().Field(i).Addr().Interface().(type) {
			case interface{ Load() uint64 }:
				sum += float64(v.Load())
			case interface{ Load() int64 }:
				sum += float64(v.Load())
				kind, suffix = prometheus.GaugeValue, ""
			}
		}
		emit(part+"_"+snake(field.Name)+suffix, field.Name+" of the Counters of "+part+".", kind, sum)
	}
}

// snake writes RTCPSent as rtcp_sent.
func snake(name string) string {
	var b strings.Builder
	rs := []rune(name)
	for i, r := range rs {
		begins := i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1]))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
