# fork.pl PORT DELAY - a process per client
use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h :signal_h);
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep);

my ($port, $delay) = @ARGV;
my %units = (us => 1e-6, ms => 1e-3, s => 1, m => 60, "" => 1);
my ($number, $unit) = $delay =~ /^(\d+)(\w*)$/;
my ($stopping, $client, $working, %children) = (0);
my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port,
    Listen => 511, ReuseAddr => 1) or die "listen: $!";
setsockopt $listener, IPPROTO_TCP, TCP_NODELAY, 1;

$SIG{PIPE} = "IGNORE";
$SIG{CHLD} = sub {
    while ((my $pid = waitpid -1, WNOHANG) > 0) { delete $children{$pid} }
};
$SIG{TERM} = sub {
    kill TERM => keys %children;
    exit 1 if $stopping;
    $stopping = 1;
    shutdown $client // $listener, 0;
};

sub put {
    my ($text) = @_;
    while (length $text) {
        my $sent = syswrite $client, $text;
        next if !defined $sent && $!{EINTR};
        exit 0 unless $sent;
        substr $text, 0, $sent, "";
    }
}

sub pause { # sleep ends early when a signal comes
    my $end = Time::HiRes::time() + $_[0];
    while ((my $left = $end - Time::HiRes::time()) > 0) { sleep $left }
}

sub serve {
    my ($text, $data) = ("", "");
    CLIENT: while (!$stopping) {
        my $n = sysread $client, $data, 65536;
        next if !defined $n && $!{EINTR};
        last unless $n;
        my @whole = split /\x03/, $text . $data, -1;
        $text = substr pop @whole, 0, 4097;
        for (@whole) {
            last CLIENT if $_ eq "goodbye";
            my $good = length() <= 4096 && !/[^\x00-\x7f]/;
            pause($number * $units{$unit}) if $good;
            put($good ? "ack" : "nak");
            last CLIENT if $stopping;
        }
    }
    shutdown $client, 1;
    $SIG{ALRM} = "DEFAULT";
    alarm 1; # otherwise answers would be lost
    for (1 .. 16) { sysread $client, $data, 65536 or last }
    exit 0;
}

my $signals = POSIX::SigSet->new(SIGTERM, SIGCHLD);
while (!$stopping) {
    my $new = $listener->accept;
    if (!$new) { sleep 0.05 if $!{EMFILE}; next }
    while (keys %children >= 100) { sleep 0.01 }
    sigprocmask SIG_BLOCK, $signals; # or one just after fork finds no child
    my $pid = fork;
    $children{$pid} = 1 if $pid;
    sigprocmask SIG_UNBLOCK, $signals;
    if (defined $pid && $pid == 0) {
        %children = ();
        $client = $new;
        close $listener;
        serve;
    }
    close $new;
}
while (waitpid(-1, 0) > 0 || $!{EINTR}) { }
