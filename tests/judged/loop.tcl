# loop.tcl PORT DELAY - an event loop. Tcl has no way to notice SIGTERM.
lassign $argv port delay
regexp {^(\d+)(\w*)$} $delay -> number unit
set delay [expr {round($number * [dict get {us 1e-3 ms 1 s 1e3 m 6e4 {} 1} $unit])}]

proc accept {client address port} {
    global text
    set text($client) ""
    chan configure $client -blocking 0 -translation binary -buffering none
    chan event $client readable [list serve $client]
}

proc serve {client} {
    global text
    if {[catch {read $client 65536} data]} { close $client; return }
    append text($client) $data
    if {[eof $client]} { chan event $client readable {}; next $client 1; return }
    chan event $client readable {}
    next $client 0
}

# Works on the next whole message; then the client is read again.
proc next {client ended} {
    global text delay
    set at [string first \x03 $text($client)]
    if {$at == -1} {
        if {$ended} { close $client; return }
        set text($client) [string range $text($client) 0 4096]
        chan event $client readable [list serve $client]
        return
    }
    set message [string range $text($client) 0 $at-1]
    set text($client) [string range $text($client) $at+1 end]
    if {$message eq "goodbye"} { bye $client; return }
    set good [expr {[string length $message] <= 4096 && ![regexp {[^\x00-\x7f]} $message]}]
    after [expr {$good ? $delay : 0}] [list answer $client $ended [expr {$good ? "ack" : "nak"}]]
}

proc answer {client ended text} {
    if {[catch {puts -nonewline $client $text}]} { close $client; return }
    next $client $ended
}

proc bye {client} {
    close $client write
    chan event $client readable [list drain $client]
}

proc drain {client} {
    if {[catch {read $client 65536}] || [eof $client]} { close $client }
}

socket -server accept -myaddr 127.0.0.1 $port
vwait forever
