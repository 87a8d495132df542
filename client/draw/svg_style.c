#include "client/draw/svg_style.h"

#include "client/draw/xml.h"

const char svg_style_style[] =
    "svg.timelines{max-width:100%;height:auto}\n"
    ".timelines{font-family:system-ui,sans-serif;"
    "font-variant-numeric:tabular-nums}\n"
    ".timelines .back{fill:#ffffff}\n"
    ".timelines text{fill:#1c2126;font-size:12.5px}\n"
    ".timelines .title{font-size:15px}\n"
    ".timelines .heading{font-size:15px;font-weight:600}\n"
    ".timelines .small,.timelines .label,.timelines .tick{fill:#5c6670}\n"
    ".timelines .name{font-weight:600}\n"
    ".timelines .failure{fill:#a33c00}\n"
    ".timelines .label{text-anchor:end}\n"
    ".timelines .tick,.timelines .expected,.timelines "
    ".number{text-anchor:middle}\n"
    ".timelines .expected{font-style:italic}\n"
    ".timelines .number{font-size:10.5px}\n"
    ".timelines .end,.timelines .expected{stroke:#ffffff;stroke-width:3px;"
    "stroke-linejoin:round;paint-order:stroke}\n"
    ".timelines path{fill:none;stroke:#1c2126}\n"
    ".timelines .grid{stroke:#e3e7eb}\n"
    ".timelines .predicted{stroke:#5c6670;stroke-width:1.5;"
    "stroke-dasharray:6 3}\n"
    ".timelines .guess{stroke:#5c6670;stroke-width:2.5;stroke-linecap:round;"
    "stroke-dasharray:0 5}\n"
    ".timelines .wait,.timelines .read,.timelines .leaving{fill:#5c6670}\n"
    ".timelines .asked{fill:none;stroke:#5c6670;stroke-dasharray:4 3}\n"
    ".timelines .unconnected,.timelines .queued{fill:none}\n"
    ".timelines .unconnected{stroke-dasharray:1 3}\n"
    ".timelines .unread{fill:#5c6670;fill-opacity:.4}\n"
    ".timelines .unconnected,.timelines .queued,.timelines .unread"
    "{stroke:#5c6670}\n"
    ".timelines .heights{stroke:none}\n"
    ".timelines .held{fill:none;stroke:#a33c00}\n"
    ".timelines .value{fill:#5c6670;fill-opacity:.4}\n"
    ".timelines .word{text-anchor:middle;font-size:10.5px;stroke:#ffffff;"
    "stroke-width:6px;stroke-linejoin:round;paint-order:stroke}\n"
    ".timelines .begin{text-anchor:start}\n"
    ".timelines .torn,.timelines .now{stroke:#a33c00;stroke-width:2}\n"
    ".timelines .cut{stroke:#ffffff;stroke-width:2.5}\n"
    ".timelines .answer{stroke-width:1.5}\n"
    ".timelines .halo{stroke:#ffffff;stroke-width:3.5}\n"
    ".timelines .closed{stroke-width:2}\n"
    ".timelines .vanished{fill:#ffffff;stroke-width:1.5}\n"
    ".timelines .failed{stroke:#a33c00;stroke-width:2.5}\n"
    ".timelines .w1{fill:#0072b2}.timelines .w2{fill:#d55e00}"
    ".timelines .w3{fill:#4797c4}.timelines .w4{fill:#746e1b}\n"
    ".timelines .w5{fill:#c1729e}.timelines .w6{fill:#009e73}"
    ".timelines .w7{fill:#3a3f45}.timelines .w8{fill:#c28500}\n"
    ".timelines .number{fill:#000000}\n"
    ".timelines .on1,.timelines .on4,.timelines .on7{fill:#ffffff}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".timelines .back{fill:#15191e}\n"
    ".timelines text{fill:#e8ecf0}\n"
    ".timelines .small,.timelines .label,.timelines .tick{fill:#9aa5b1}\n"
    ".timelines .failure{fill:#ff9d66}\n"
    ".timelines path{stroke:#e8ecf0}\n"
    ".timelines .end,.timelines .expected,.timelines .cut,.timelines .word,"
    ".timelines .halo"
    "{stroke:#15191e}\n"
    ".timelines .held,.timelines .torn,.timelines .now{stroke:#ff9d66}\n"
    ".timelines .value{fill:#9aa5b1}\n"
    ".timelines .grid{stroke:#2b323a}\n"
    ".timelines .predicted,.timelines .guess{stroke:#9aa5b1}\n"
    ".timelines .wait,.timelines .read,.timelines .unread,.timelines "
    ".leaving{fill:#9aa5b1}\n"
    ".timelines .asked,.timelines .unconnected,.timelines .queued,.timelines "
    ".unread"
    "{stroke:#9aa5b1}\n"
    ".timelines .vanished{fill:#15191e}\n"
    ".timelines .failed{stroke:#ff9d66}\n"
    ".timelines .w1{fill:#4581b8}.timelines .w2{fill:#d66830}"
    ".timelines .w3{fill:#56b4e9}.timelines .w4{fill:#f0e442}\n"
    ".timelines .w5{fill:#cc79a7}.timelines .w6{fill:#009e73}"
    ".timelines .w7{fill:#c9ced6}.timelines .w8{fill:#e69f00}\n"
    ".timelines .number,.timelines .on1,.timelines .on4,.timelines .on7"
    "{fill:#000000}\n"
    "}\n"
    "@media (max-width:560px){\n"
    ".timelines text{font-size:20px}\n"
    ".timelines .heading{font-size:23px}\n"
    ".timelines .title,.timelines .small,.timelines .expected,.timelines "
    ".failure{font-size:20px}\n"
    ".timelines .number,.timelines .word{font-size:16px}\n"
    ".timelines .name{font-size:18px}\n"
    "}\n";

void
svg_style_write(FILE *out, const struct svg_style_picture *p)
{
    if (!p->in_page)
        fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timelines\" "
            "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-labelledby=\"%s-title %s-desc\"%s>\n<title id=\"%s-title\">",
            p->width, p->height, p->width, p->height, p->id, p->id, p->data,
            p->id);
    xml_text(out, p->title);
    fprintf(out, "</title>\n<desc id=\"%s-desc\">%s</desc>\n", p->id,
            p->description);
    if (!p->in_page)
        fprintf(out, "<style>\n%s</style>\n", svg_style_style);
    fprintf(out, "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n",
            p->width, p->height);
    fwrite(p->body, 1, p->size, out);
    fputs("</svg>\n", out);
}
