/* Conversation - what the servers in Java share: the command line, and cutting
 * what a client sends into messages. */

import java.util.ArrayList;
import java.util.List;

class Conversation {
    static final int LONGEST = 4096;
    private final byte[] text = new byte[LONGEST + 1];
    private int length;
    private boolean bad;
    boolean isOver; /* goodbye has come */

    /* Returns the answers to the messages that are complete now. */
    List<String> answers(byte[] data, int count) {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < count && !isOver; i++) {
            if (data[i] != 3) {
                bad |= data[i] < 0 || length == LONGEST;
                if (length < LONGEST)
                    text[length++] = data[i];
                continue;
            }
            isOver = new String(text, 0, length).equals("goodbye") && !bad;
            if (!isOver)
                answers.add(bad ? "nak" : "ack");
            length = 0;
            bad = false;
        }
        return answers;
    }

    static long nanoseconds(String time) {
        String unit = time.replaceAll("[0-9]", "");
        long number = Long.parseLong(time.replaceAll("[a-z]", ""));
        switch (unit) {
        case "us": return number * 1_000L;
        case "ms": return number * 1_000_000L;
        case "m": return number * 60_000_000_000L;
        default: return number * 1_000_000_000L;
        }
    }
}
