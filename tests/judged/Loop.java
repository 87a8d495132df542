/* Loop PORT DELAY - an event loop. */

import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.util.*;

class Loop {
    static class Client {
        final Conversation conversation = new Conversation();
        final Deque<String> answers = new ArrayDeque<>();
        long due; /* when the first is done; 0: it is not begun */
        boolean ended;
    }

    static final ByteBuffer data = ByteBuffer.allocate(65536);

    /* Works on the messages of one client, and says what it waits for. */
    static void advance(SelectionKey key, long delay) throws Exception {
        Client client = (Client) key.attachment();
        SocketChannel socket = (SocketChannel) key.channel();
        if (client.due != 0 && client.due <= System.nanoTime()) {
            socket.write(ByteBuffer.wrap(client.answers.remove().getBytes()));
            client.due = 0;
        }
        if (client.due == 0 && !client.answers.isEmpty())
            client.due = System.nanoTime() +
                (client.answers.peek().equals("ack") ? delay : 0);
        else if (client.due == 0 && client.conversation.isOver && !client.ended) {
            client.ended = true;
            socket.shutdownOutput();
        }
        key.interestOps(client.due == 0 ? SelectionKey.OP_READ : 0);
    }

    static void read(SelectionKey key) throws Exception {
        Client client = (Client) key.attachment();
        int count = ((SocketChannel) key.channel()).read(data.clear());
        if (count == -1 && client.ended)
            key.channel().close();
        else if (count == -1)
            client.conversation.isOver = true;
        else
            client.answers.addAll(client.conversation.answers(data.array(), count));
    }

    public static void main(String[] arguments) throws Exception {
        long delay = Conversation.nanoseconds(arguments[1]);
        Selector selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 511);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        for (;;) {
            long due = Long.MAX_VALUE;
            for (SelectionKey key : selector.keys())
                if (key.isValid() && key.attachment() != null && ((Client) key.attachment()).due != 0)
                    due = Math.min(due, ((Client) key.attachment()).due);
            long pause = Math.max(1, (due - System.nanoTime() + 999_999) / 1_000_000);
            selector.select(due == Long.MAX_VALUE ? 0 : pause);
            if (selector.selectedKeys().remove(listener.keyFor(selector))) {
                SocketChannel socket = listener.accept();
                socket.configureBlocking(false);
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                socket.register(selector, SelectionKey.OP_READ, new Client());
            }
            for (SelectionKey key : new ArrayList<>(selector.keys()))
                try {
                    if (key.attachment() == null || !key.isValid())
                        continue;
                    if (selector.selectedKeys().remove(key) && key.isReadable())
                        read(key);
                    if (key.isValid())
                        advance(key, delay);
                } catch (Exception gone) {
                    key.channel().close();
                }
        }
    }
}
