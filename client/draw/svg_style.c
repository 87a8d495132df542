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
    "stroke-width:9px;stroke-linejoin:round;paint-order:stroke}\n"
    ".timelines .begin{text-anchor:start}\n"
    ".timelines .torn,.timelines .now{stroke:#a33c00;stroke-width:2}\n"
    ".timelines .cut{stroke:#ffffff;stroke-width:2.5}\n"
    ".timelines .answer{stroke-width:1.5}\n"
    ".timelines .halo{stroke:#ffffff;stroke-width:3.5}\n"
    ".timelines .closed{stroke-width:2}\n"
    ".timelines .vanished{fill:#ffffff;stroke-width:1.5}\n"
    ".timelines .failed{stroke:#a33c00;stroke-width:2.5}\n"
    ".timelines .w1{fill:#00a079}.timelines .w2{fill:#eb6907}"
    ".timelines .w3{fill:#2983ff}.timelines .w4{fill:#6b6208}\n"
    ".timelines .w5{fill:#c776a1}.timelines .w6{fill:#1271af}"
    ".timelines .w7{fill:#3c4044}.timelines .w8{fill:#94734d}\n"
    ".timelines .number{fill:#000000}\n"
    ".timelines .on4,.timelines .on6,.timelines .on7{fill:#ffffff}\n"
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
    ".timelines .w1{fill:#00e6a3}.timelines .w2{fill:#d36832}"
    ".timelines .w3{fill:#50b0e4}.timelines .w4{fill:#f0e63d}\n"
    ".timelines .w5{fill:#b07688}.timelines .w6{fill:#4481ba}"
    ".timelines .w7{fill:#ccd1d8}.timelines .w8{fill:#e59f02}\n"
    ".timelines .number,.timelines .on4,.timelines .on6,.timelines .on7"
    "{fill:#000000}\n"
    "}\n"
    "@media (max-width:560px){\n"
    ".timelines text{font-size:20px}\n"
    ".timelines .heading{font-size:23px}\n"
    ".timelines .title,.timelines .small,.timelines .expected,.timelines "
    ".failure{font-size:20px}\n"
    ".timelines .number,.timelines .word{font-size:16px}\n"
    ".timelines .tight{display:none}\n"
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
