# prefork.rb PORT DELAY NUMBER - NUMBER processes that exist from the start
require "socket"

UNITS = { "us" => 1e-6, "ms" => 1e-3, "s" => 1, "m" => 60, "" => 1 }
number, unit = ARGV[1].match(/^(\d+)(\w*)$/).captures
DELAY = number.to_i * UNITS[unit]
$stopping = false

def converse(client)
  text = "".b
  until $stopping
    text << client.readpartial(65536)
    *whole, text = text.split("\x03", -1)
    text = text[0, 4097] || "".b # a longer message is refused anyway
    whole.each do |message|
      return if message == "goodbye"
      good = message.length <= 4096 && message.ascii_only?
      sleep DELAY if good && DELAY > 0
      client.write(good ? "ack" : "nak")
      return if $stopping
    end
  end
end

def serve(client)
  begin
    converse(client)
  rescue EOFError
  end
  client.shutdown(Socket::SHUT_WR)
  end_time = Time.now + 0.5 # until then it reads, otherwise answers would be lost
  while (left = end_time - Time.now) > 0 && client.wait_readable(left)
    client.readpartial(65536)
  end
rescue SystemCallError, IOError # the client is gone
ensure
  client.close
end

def work(listener)
  client = nil
  trap("TERM") do
    exit!(1) if $stopping
    $stopping = true
    (client || listener).shutdown(Socket::SHUT_RD) rescue nil
  end
  until $stopping
    begin
      client = listener.accept
      client.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      serve(client)
    rescue SystemCallError
      sleep 0.05 unless $stopping # no descriptor is free
    end
    client = nil
  end
end

listener = TCPServer.new("127.0.0.1", ARGV[0].to_i)
listener.listen(511)
workers = []
trap("TERM") do
  workers.each { |pid| Process.kill("TERM", pid) rescue nil }
  exit!(1) if $stopping
  $stopping = true
end
until $stopping
  if workers.size < ARGV[2].to_i
    workers << fork { work(listener) }
  else
    workers.delete(Process.wait)
  end
end
Process.waitall
