<?xml version="1.0" encoding="UTF-8"?>
<!-- cda/html_view.xsl: the page of html_view.h. The tree it is given has CDA's elements without their namespace, no coded entry, and
     embedded files with their real size and type (html_tree.h). Attributes of the page are only written from fixed words, from ids
     behind "n-", from numbers, and from base64 that html_tree.c has checked. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="html" encoding="UTF-8" indent="no" doctype-system="about:legacy-compat"/>
<xsl:param name="language" select="'fr'"/>
<xsl:variable name="en" select="$language = 'en'"/>
<!-- What an id may not bring into an attribute. -->
<xsl:variable name="odd">"'&lt;&gt;&amp; </xsl:variable>
<xsl:key name="picture" match="observationMedia" use="@ID"/>

<!-- words -->

<xsl:template name="say">
  <xsl:param name="fr"/><xsl:param name="en-words"/>
  <xsl:choose><xsl:when test="$en"><xsl:value-of select="$en-words"/></xsl:when><xsl:otherwise><xsl:value-of select="$fr"/></xsl:otherwise></xsl:choose>
</xsl:template>

<xsl:template name="month">
  <xsl:param name="n"/>
  <xsl:variable name="fr">janvier   février   mars      avril     mai       juin      juillet   août      septembre octobre   novembre  décembre  </xsl:variable>
  <xsl:variable name="english">January   February  March     April     May       June      July      August    September October   November  December  </xsl:variable>
  <xsl:choose>
    <xsl:when test="$en"><xsl:value-of select="normalize-space(substring($english, ($n - 1) * 10 + 1, 10))"/></xsl:when>
    <xsl:otherwise><xsl:value-of select="normalize-space(substring($fr, ($n - 1) * 10 + 1, 10))"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- HL7 time: as exact as it is written. What is no date stays as it stands. -->
<xsl:template name="time">
  <xsl:param name="at"/>
  <xsl:variable name="day" select="number(substring($at, 7, 2))"/>
  <xsl:variable name="month" select="number(substring($at, 5, 2))"/>
  <xsl:choose>
    <xsl:when test="string-length($at) &gt;= 8 and $day &gt;= 1 and $day &lt;= 31 and $month &gt;= 1 and $month &lt;= 12">
      <xsl:value-of select="$day"/>
      <xsl:if test="$day = 1 and not($en)">er</xsl:if>
      <xsl:text> </xsl:text>
      <xsl:call-template name="month"><xsl:with-param name="n" select="$month"/></xsl:call-template>
      <xsl:text> </xsl:text>
      <xsl:value-of select="substring($at, 1, 4)"/>
      <xsl:if test="string-length($at) &gt;= 12 and number(substring($at, 9, 4)) = number(substring($at, 9, 4))">
        <xsl:call-template name="say"><xsl:with-param name="fr"> à </xsl:with-param><xsl:with-param name="en-words">, </xsl:with-param></xsl:call-template>
        <xsl:value-of select="concat(substring($at, 9, 2), ':', substring($at, 11, 2))"/>
      </xsl:if>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="$at"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- A row of the frame; nothing without a value. -->
<xsl:template name="row">
  <xsl:param name="fr"/><xsl:param name="en-words"/><xsl:param name="value"/>
  <xsl:if test="normalize-space($value) != ''">
    <div>
      <dt><xsl:call-template name="say"><xsl:with-param name="fr" select="$fr"/><xsl:with-param name="en-words" select="$en-words"/></xsl:call-template></dt>
      <dd><xsl:value-of select="$value"/></dd>
    </div>
  </xsl:if>
</xsl:template>

<!-- people -->

<xsl:template match="name" mode="person">
  <xsl:choose>
    <xsl:when test="family or given">
      <xsl:choose>
        <xsl:when test="suffix = 'DR'">Dr </xsl:when>
        <xsl:when test="suffix = 'PR'">Pr </xsl:when>
        <xsl:when test="prefix"><xsl:value-of select="concat(normalize-space(prefix[1]), ' ')"/></xsl:when>
      </xsl:choose>
      <xsl:for-each select="given[1]"><xsl:value-of select="concat(normalize-space(.), ' ')"/></xsl:for-each>
      <xsl:value-of select="normalize-space(family[1])"/>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="normalize-space(.)"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="party">
  <xsl:param name="of"/>
  <xsl:apply-templates select="$of/assignedPerson/name[1]" mode="person"/>
  <xsl:if test="not($of/assignedPerson/name)"><xsl:value-of select="normalize-space(concat($of/assignedAuthoringDevice/manufacturerModelName, ' ', $of/assignedAuthoringDevice/softwareName))"/></xsl:if>
  <xsl:if test="$of/code/@displayName"><xsl:value-of select="concat(', ', $of/code/@displayName)"/></xsl:if>
  <xsl:if test="normalize-space($of/representedOrganization/name) != ''"><xsl:value-of select="concat(' (', normalize-space($of/representedOrganization/name), ')')"/></xsl:if>
</xsl:template>

<xsl:template match="patient" mode="birth-name">
  <xsl:variable name="name" select="name[1]"/>
  <xsl:value-of select="normalize-space(concat(($name/family[@qualifier='BR'] | $name/family[not($name/family[@qualifier='BR'])])[1], ' '))"/>
  <xsl:text> </xsl:text>
  <xsl:choose>
    <xsl:when test="$name/given[not(@qualifier)]"><xsl:value-of select="normalize-space($name/given[not(@qualifier)][1])"/></xsl:when>
    <xsl:otherwise><xsl:value-of select="normalize-space($name/given[1])"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template match="recordTarget">
  <xsl:variable name="patient" select="patientRole/patient"/>
  <xsl:variable name="name" select="$patient/name[1]"/>
  <section class="patient">
    <h2><xsl:apply-templates select="$patient" mode="birth-name"/></h2>
    <dl>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Nom utilisé</xsl:with-param><xsl:with-param name="en-words">Name in use</xsl:with-param>
        <xsl:with-param name="value" select="concat($name/family[@qualifier='CL'][. != $name/family[@qualifier='BR']], ' ', $name/given[@qualifier='CL'][. != $name/given[@qualifier='BR']])"/>
      </xsl:call-template>
      <xsl:variable name="birth"><xsl:call-template name="time"><xsl:with-param name="at" select="$patient/birthTime/@value"/></xsl:call-template></xsl:variable>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Date de naissance</xsl:with-param><xsl:with-param name="en-words">Date of birth</xsl:with-param><xsl:with-param name="value" select="$birth"/>
      </xsl:call-template>
      <xsl:variable name="sex">
        <xsl:choose>
          <xsl:when test="$patient/administrativeGenderCode/@code = 'F'"><xsl:call-template name="say"><xsl:with-param name="fr">Féminin</xsl:with-param><xsl:with-param name="en-words">Female</xsl:with-param></xsl:call-template></xsl:when>
          <xsl:when test="$patient/administrativeGenderCode/@code = 'M'"><xsl:call-template name="say"><xsl:with-param name="fr">Masculin</xsl:with-param><xsl:with-param name="en-words">Male</xsl:with-param></xsl:call-template></xsl:when>
          <xsl:when test="$patient/administrativeGenderCode/@code"><xsl:call-template name="say"><xsl:with-param name="fr">Inconnu</xsl:with-param><xsl:with-param name="en-words">Unknown</xsl:with-param></xsl:call-template></xsl:when>
        </xsl:choose>
      </xsl:variable>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Sexe</xsl:with-param><xsl:with-param name="en-words">Sex</xsl:with-param><xsl:with-param name="value" select="$sex"/>
      </xsl:call-template>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Lieu de naissance (code)</xsl:with-param><xsl:with-param name="en-words">Place of birth (code)</xsl:with-param>
        <xsl:with-param name="value" select="$patient/birthplace/place/addr/county"/>
      </xsl:call-template>
      <xsl:for-each select="patientRole/id[@root='1.2.250.1.213.1.4.8' or @root='1.2.250.1.213.1.4.9' or @root='1.2.250.1.213.1.4.10' or @root='1.2.250.1.213.1.4.11'][1]">
        <xsl:variable name="test"><xsl:if test="@root='1.2.250.1.213.1.4.10' or @root='1.2.250.1.213.1.4.11'">
          <xsl:call-template name="say"><xsl:with-param name="fr"> (identité de test)</xsl:with-param><xsl:with-param name="en-words"> (test identity)</xsl:with-param></xsl:call-template>
        </xsl:if></xsl:variable>
        <xsl:call-template name="row">
          <xsl:with-param name="fr">Matricule INS</xsl:with-param><xsl:with-param name="en-words">INS number</xsl:with-param><xsl:with-param name="value" select="concat(@extension, $test)"/>
        </xsl:call-template>
      </xsl:for-each>
    </dl>
  </section>
</xsl:template>

<!-- header -->

<xsl:template name="about">
  <dl class="about">
    <xsl:call-template name="row">
      <xsl:with-param name="fr">Type</xsl:with-param><xsl:with-param name="en-words">Type</xsl:with-param><xsl:with-param name="value" select="code/@displayName"/>
    </xsl:call-template>
    <xsl:variable name="when"><xsl:call-template name="time"><xsl:with-param name="at" select="effectiveTime/@value"/></xsl:call-template></xsl:variable>
    <xsl:call-template name="row">
      <xsl:with-param name="fr">Date</xsl:with-param><xsl:with-param name="en-words">Date</xsl:with-param><xsl:with-param name="value" select="$when"/>
    </xsl:call-template>
    <xsl:variable name="first"><xsl:call-template name="party"><xsl:with-param name="of" select="author[1]/assignedAuthor"/></xsl:call-template></xsl:variable>
    <xsl:for-each select="author/assignedAuthor">
      <xsl:variable name="who"><xsl:call-template name="party"><xsl:with-param name="of" select="."/></xsl:call-template></xsl:variable>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Auteur</xsl:with-param><xsl:with-param name="en-words">Author</xsl:with-param><xsl:with-param name="value" select="$who"/>
      </xsl:call-template>
    </xsl:for-each>
    <xsl:variable name="legal"><xsl:call-template name="party"><xsl:with-param name="of" select="legalAuthenticator/assignedEntity"/></xsl:call-template></xsl:variable>
    <xsl:call-template name="row">
      <xsl:with-param name="fr">Responsable</xsl:with-param><xsl:with-param name="en-words">Responsible</xsl:with-param>
      <xsl:with-param name="value"><xsl:if test="$legal != $first"><xsl:value-of select="$legal"/></xsl:if></xsl:with-param>
    </xsl:call-template>
    <xsl:call-template name="row">
      <xsl:with-param name="fr">Conservé par</xsl:with-param><xsl:with-param name="en-words">Kept by</xsl:with-param>
      <xsl:with-param name="value" select="custodian/assignedCustodian/representedCustodianOrganization/name"/>
    </xsl:call-template>
    <xsl:for-each select="informationRecipient/intendedRecipient">
      <xsl:variable name="who"><xsl:apply-templates select="informationRecipient/name[1]" mode="person"/></xsl:variable>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Destinataire</xsl:with-param><xsl:with-param name="en-words">Recipient</xsl:with-param><xsl:with-param name="value" select="$who"/>
      </xsl:call-template>
    </xsl:for-each>
    <xsl:if test="versionNumber/@value &gt; 1 or relatedDocument[@typeCode='RPLC']">
      <xsl:variable name="version">
        <xsl:value-of select="versionNumber/@value"/>
        <xsl:if test="relatedDocument[@typeCode='RPLC']">
          <xsl:call-template name="say"><xsl:with-param name="fr">, annule et remplace un document précédent</xsl:with-param><xsl:with-param name="en-words">, cancels and replaces an earlier document</xsl:with-param></xsl:call-template>
        </xsl:if>
      </xsl:variable>
      <xsl:call-template name="row">
        <xsl:with-param name="fr">Version</xsl:with-param><xsl:with-param name="en-words">Version</xsl:with-param><xsl:with-param name="value" select="$version"/>
      </xsl:call-template>
    </xsl:if>
  </dl>
</xsl:template>

<xsl:template match="/">
  <xsl:apply-templates select="ClinicalDocument"/>
</xsl:template>

<xsl:template match="ClinicalDocument">
  <xsl:variable name="title">
    <xsl:choose>
      <xsl:when test="normalize-space(title) != ''"><xsl:value-of select="normalize-space(title)"/></xsl:when>
      <xsl:when test="normalize-space(code/@displayName) != ''"><xsl:value-of select="code/@displayName"/></xsl:when>
      <xsl:otherwise><xsl:call-template name="say"><xsl:with-param name="fr">Document médical</xsl:with-param><xsl:with-param name="en-words">Medical document</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </xsl:variable>
  <html lang="{$language}">
    <head>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="referrer" content="no-referrer"/>
      <meta name="robots" content="noindex"/>
      <title><xsl:value-of select="$title"/></title>
      <xsl:call-template name="style"/>
    </head>
    <body>
      <main>
        <h1><xsl:value-of select="$title"/></h1>
        <xsl:apply-templates select="recordTarget[1]"/>
        <xsl:call-template name="about"/>
        <xsl:apply-templates select="component/structuredBody/component/section"/>
        <xsl:apply-templates select="component/nonXMLBody/text"/>
      </main>
      <footer><p><xsl:call-template name="say">
        <xsl:with-param name="fr">Vue de lecture. Le document original, avec ses données codées, fait seul foi.</xsl:with-param>
        <xsl:with-param name="en-words">A view for reading. The original document, with its coded data, is the one that counts.</xsl:with-param>
      </xsl:call-template></p></footer>
    </body>
  </html>
</xsl:template>

<!-- body -->

<xsl:template match="section">
  <xsl:param name="level" select="2"/>
  <section>
    <xsl:call-template name="identify"/>
    <xsl:variable name="heading">
      <xsl:choose>
        <xsl:when test="normalize-space(title) != ''"><xsl:value-of select="normalize-space(title)"/></xsl:when>
        <xsl:otherwise><xsl:value-of select="code/@displayName"/></xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <xsl:if test="$heading != ''">
      <xsl:choose>
        <xsl:when test="$level = 2"><h2><xsl:value-of select="$heading"/></h2></xsl:when>
        <xsl:when test="$level = 3"><h3><xsl:value-of select="$heading"/></h3></xsl:when>
        <xsl:otherwise><h4><xsl:value-of select="$heading"/></h4></xsl:otherwise>
      </xsl:choose>
    </xsl:if>
    <xsl:apply-templates select="text" mode="told"/>
    <xsl:for-each select="observationMedia/value[not(starts-with(@detected, 'jp') or @detected = 'png')]">
      <xsl:call-template name="file"/>
    </xsl:for-each>
    <xsl:apply-templates select="component/section"><xsl:with-param name="level" select="$level + 1"/></xsl:apply-templates>
  </section>
</xsl:template>

<xsl:template match="nonXMLBody/text">
  <section>
    <xsl:choose>
      <xsl:when test="@representation = 'B64'"><xsl:call-template name="file"/></xsl:when>
      <xsl:otherwise><p class="plain"><xsl:value-of select="."/></p></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<!-- An embedded file that the page does not show: what it is and how large. -->
<xsl:template name="file">
  <p class="file">
    <xsl:call-template name="say"><xsl:with-param name="fr">Fichier contenu dans ce document : </xsl:with-param><xsl:with-param name="en-words">File inside this document: </xsl:with-param></xsl:call-template>
    <xsl:choose>
      <xsl:when test="@detected = 'other'"><xsl:call-template name="say"><xsl:with-param name="fr">format inconnu</xsl:with-param><xsl:with-param name="en-words">unknown format</xsl:with-param></xsl:call-template></xsl:when>
      <xsl:otherwise><xsl:value-of select="translate(@detected, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"/></xsl:otherwise>
    </xsl:choose>
    <xsl:text>, </xsl:text>
    <xsl:value-of select="ceiling(@bytes div 1024)"/>
    <xsl:call-template name="say"><xsl:with-param name="fr"> Ko</xsl:with-param><xsl:with-param name="en-words"> KB</xsl:with-param></xsl:call-template>
  </p>
</xsl:template>

<xsl:template name="identify">
  <xsl:if test="@ID"><xsl:attribute name="id"><xsl:value-of select="concat('n-', translate(@ID, $odd, ''))"/></xsl:attribute></xsl:if>
</xsl:template>

<!-- narrative (CDA R2 4.3.5, NarrativeBlock): each element by name; of any other only its text -->

<xsl:template match="text" mode="told">
  <div class="text"><xsl:apply-templates mode="told"/></div>
</xsl:template>

<xsl:template match="*" mode="told"><xsl:apply-templates mode="told"/></xsl:template>
<xsl:template match="paragraph" mode="told"><p><xsl:call-template name="identify"/><xsl:apply-templates mode="told"/></p></xsl:template>
<xsl:template match="br" mode="told"><br/></xsl:template>
<xsl:template match="sub" mode="told"><sub><xsl:apply-templates mode="told"/></sub></xsl:template>
<xsl:template match="sup" mode="told"><sup><xsl:apply-templates mode="told"/></sup></xsl:template>
<xsl:template match="footnote" mode="told"><small class="note"><xsl:call-template name="identify"/><xsl:text> [</xsl:text><xsl:apply-templates mode="told"/><xsl:text>]</xsl:text></small></xsl:template>
<xsl:template match="footnoteRef" mode="told"><sup><a href="{concat('#n-', translate(@IDREF, $odd, ''))}">*</a></sup></xsl:template>
<xsl:template match="caption" mode="told"><p class="caption"><xsl:apply-templates mode="told"/></p></xsl:template>

<xsl:template match="content" mode="told">
  <xsl:choose>
    <xsl:when test="@revised = 'delete'"><del><xsl:call-template name="identify"/><xsl:call-template name="styled"/></del></xsl:when>
    <xsl:when test="@revised = 'insert'"><ins><xsl:call-template name="identify"/><xsl:call-template name="styled"/></ins></xsl:when>
    <xsl:otherwise><span><xsl:call-template name="identify"/><xsl:call-template name="styled"/></span></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="styled">
  <xsl:choose>
    <xsl:when test="contains(@styleCode, 'Bold')"><strong><xsl:call-template name="slanted"/></strong></xsl:when>
    <xsl:otherwise><xsl:call-template name="slanted"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="slanted">
  <xsl:choose>
    <xsl:when test="contains(@styleCode, 'Italics') or contains(@styleCode, 'Emphasis')"><em><xsl:apply-templates mode="told"/></em></xsl:when>
    <xsl:otherwise><xsl:apply-templates mode="told"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template match="list" mode="told">
  <xsl:apply-templates select="caption" mode="told"/>
  <xsl:choose>
    <xsl:when test="@listType = 'ordered'"><ol><xsl:apply-templates select="item" mode="told"/></ol></xsl:when>
    <xsl:otherwise><ul><xsl:apply-templates select="item" mode="told"/></ul></xsl:otherwise>
  </xsl:choose>
</xsl:template>
<xsl:template match="item" mode="told"><li><xsl:call-template name="identify"/><xsl:apply-templates mode="told"/></li></xsl:template>

<!-- A wide table scrolls by itself on a phone; the page does not. -->
<xsl:template match="table" mode="told">
  <div class="wide" tabindex="0" role="region">
    <xsl:attribute name="aria-label"><xsl:call-template name="say"><xsl:with-param name="fr">Tableau</xsl:with-param><xsl:with-param name="en-words">Table</xsl:with-param></xsl:call-template></xsl:attribute>
    <table>
      <xsl:call-template name="identify"/>
      <xsl:for-each select="caption"><caption><xsl:apply-templates mode="told"/></caption></xsl:for-each>
      <xsl:apply-templates select="thead | tbody | tfoot | tr" mode="told"/>
    </table>
  </div>
</xsl:template>
<xsl:template match="thead" mode="told"><thead><xsl:apply-templates select="tr" mode="told"/></thead></xsl:template>
<xsl:template match="tbody" mode="told"><tbody><xsl:apply-templates select="tr" mode="told"/></tbody></xsl:template>
<xsl:template match="tfoot" mode="told"><tfoot><xsl:apply-templates select="tr" mode="told"/></tfoot></xsl:template>
<xsl:template match="tr" mode="told"><tr><xsl:call-template name="identify"/><xsl:apply-templates select="th | td" mode="told"/></tr></xsl:template>
<xsl:template match="th" mode="told">
  <th>
    <xsl:attribute name="scope"><xsl:choose><xsl:when test="ancestor::thead">col</xsl:when><xsl:otherwise>row</xsl:otherwise></xsl:choose></xsl:attribute>
    <xsl:call-template name="spans"/><xsl:apply-templates mode="told"/>
  </th>
</xsl:template>
<xsl:template match="td" mode="told"><td><xsl:call-template name="identify"/><xsl:call-template name="spans"/><xsl:apply-templates mode="told"/></td></xsl:template>
<xsl:template name="spans">
  <xsl:if test="number(@colspan) &gt; 1 and number(@colspan) &lt; 100"><xsl:attribute name="colspan"><xsl:value-of select="floor(number(@colspan))"/></xsl:attribute></xsl:if>
  <xsl:if test="number(@rowspan) &gt; 1 and number(@rowspan) &lt; 1000"><xsl:attribute name="rowspan"><xsl:value-of select="floor(number(@rowspan))"/></xsl:attribute></xsl:if>
</xsl:template>

<!-- Only within the page; any other address is told, not followed. -->
<xsl:template match="linkHtml" mode="told">
  <xsl:choose>
    <xsl:when test="starts-with(@href, '#')"><a href="{concat('#n-', translate(substring(@href, 2), $odd, ''))}"><xsl:apply-templates mode="told"/></a></xsl:when>
    <xsl:otherwise>
      <xsl:apply-templates mode="told"/>
      <xsl:if test="@href and normalize-space(.) != normalize-space(@href)"><xsl:value-of select="concat(' (', @href, ')')"/></xsl:if>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template match="renderMultiMedia" mode="told">
  <xsl:variable name="caption" select="caption"/>
  <xsl:for-each select="key('picture', @referencedObject)[1]/value">
    <xsl:choose>
      <xsl:when test="(@detected = 'jpeg' or @detected = 'png') and string(.) != ''">
        <figure>
          <img src="{concat('data:image/', @detected, ';base64,', .)}" alt="{$caption}"/>
          <xsl:if test="$caption"><figcaption><xsl:value-of select="$caption"/></figcaption></xsl:if>
        </figure>
      </xsl:when>
      <xsl:when test="starts-with(@detected, 'jp') or @detected = 'png'"><xsl:call-template name="file"/></xsl:when>
    </xsl:choose>
  </xsl:for-each>
</xsl:template>

<xsl:template name="style">
  <style>
:root { color-scheme: light dark; --ink: #1b2430; --soft: #4a5666; --line: #c9d1db; --tint: #f1f5f9; --paper: #ffffff; --link: #0b5394; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --soft: #b3bfcd; --line: #46525f; --tint: #1f2933; --paper: #12181f; --link: #8cc4ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
main, footer { max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 1.75rem 0 .5rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .25rem; }
h4 { font-size: 1rem; margin: 1rem 0 .25rem; }
.patient { background: var(--tint); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.patient h2 { margin: 0 0 .25rem; border: 0; }
dl { margin: .5rem 0; } dl div { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .1rem 0; }
dt { color: var(--soft); min-width: 12.5rem; } dd { margin: 0; flex: 1 1 14rem; }
p { margin: .4rem 0; } ul, ol { margin: .4rem 0; padding-left: 1.5rem; }
.plain { white-space: pre-wrap; } .caption { font-weight: 600; } .note { color: var(--soft); }
.file { border-left: 4px solid var(--line); padding-left: .75rem; color: var(--soft); }
.wide { overflow-x: auto; margin: .5rem 0; } table { border-collapse: collapse; min-width: 60%; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; min-width: 5rem; } thead th { background: var(--tint); }
figure { margin: .75rem 0; } img { max-width: 100%; height: auto; } figcaption { color: var(--soft); }
a { color: var(--link); } footer { color: var(--soft); border-top: 1px solid var(--line); font-size: .875rem; }
@media print { body { font-size: 11pt; } .wide { overflow: visible; } h2, h3, h4 { break-after: avoid; } tr, figure { break-inside: avoid; } }
  </style>
</xsl:template>
</xsl:stylesheet>
