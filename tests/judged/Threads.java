/* Threads PORT DELAY [NUMBER|cached] - a thread per client, a pool of NUMBER
 * threads, or threads that are kept for the next client. */

import java.net.*;
import java.util.Set;
import java.util.concurrent.*;

class Threads {
    static final Set<Socket> clients = ConcurrentHashMap.newKeySet();
    static volatile boolean stopping;
    static long delay;

    static void serve(Socket client) {
        Conversation conversation = new Conversation();
        byte[] data = new byte[65536];
        int count;
        clients.add(client);
        try (client) {
            while (!stopping && !conversation.isOver &&
                   (count = client.getInputStream().read(data)) > 0)
                for (String answer : conversation.answers(data, count)) {
                    if (answer.equals("ack"))
                        TimeUnit.NANOSECONDS.sleep(delay);
                    client.getOutputStream().write(answer.getBytes());
                    if (stopping)
                        break;
                }
            client.shutdownOutput();
            client.setSoTimeout(500); /* otherwise answers would be lost */
            for (int i = 0; i < 16 && client.getInputStream().read(data) > 0; i++)
                ;
        } catch (Exception gone) {
            /* The client has left. */
        }
        clients.remove(client);
    }

    public static void main(String[] arguments) throws Exception {
        ServerSocket listener = new ServerSocket();
        delay = Conversation.nanoseconds(arguments[1]);
        String kind = arguments.length > 2 ? arguments[2] : "";
        Executor executor = task -> new Thread(task).start();
        if (kind.equals("cached"))
            executor = Executors.newCachedThreadPool();
        else if (!kind.isEmpty())
            executor = Executors.newFixedThreadPool(Integer.parseInt(kind));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping = true;
            try {
                listener.close();
                for (Socket client : clients)
                    client.shutdownInput();
                while (!clients.isEmpty())
                    Thread.sleep(5);
            } catch (Exception gone) {
                /* The client has left. */
            }
        }));
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 511);
        while (!stopping) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                executor.execute(() -> serve(client));
            } catch (java.io.IOException full) {
                Thread.sleep(50); /* no descriptor is free */
            }
        }
    }
}
