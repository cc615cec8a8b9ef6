import sys,json,time,random
import numpy as np
from prefdata.kernels.json_lines import mark, read
def run(block, fields):
    assert block.endswith(b"\n")
    size=len(block)
    raw=np.full((size+16+7)//8*8,32,np.uint8); raw[:size]=np.frombuffer(block,np.uint8)
    marks=np.empty(size+2,np.int64)
    n=mark(raw.view(np.uint64),marks); marks[n]=size; marks[n+1]=size+1
    names=[f.encode() for f in fields]
    flat=np.frombuffer(b"".join(names),np.uint8); bounds=np.cumsum([0,*map(len,names)])
    L=block.count(b"\n")
    texts=np.empty((3,size),np.uint8); offsets=np.zeros((3,L+1),np.int64); spans=np.empty((L,max(len(fields)-3,1),2),np.int64); lines=np.empty(L,np.int64); others=np.empty((L,3),np.int64)
    rows,left=read(raw,size,marks,flat,bounds,texts,offsets,spans,lines,others)
    return rows,left,texts,offsets,spans,lines,others,marks[:n]
def decoded(block,fields):
    rows,left,texts,offsets,spans,lines,others,_=run(block,fields)
    out={}
    for r in range(rows):
        try: out[int(lines[r])]=[bytes(texts[k,offsets[k,r]:offsets[k,r+1]]).decode('utf-8','surrogatepass') for k in range(3)]+[json.loads(block[spans[r,f,0]:spans[r,f,1]]) for f in range(len(fields)-3)]
        except ValueError: pass
    return out,[tuple(map(int,o)) for o in others[:left]]
if __name__=="__main__":
    F=["prompt","chosen","rejected","n","tags"]
    rnd=random.Random(1)
    alphabet='ab "\\\n\té中😀\x01/{}[],:u0041'
    def text(): return ''.join(rnd.choice(alphabet) for _ in range(rnd.randrange(0,12)))
    lines=[]
    for i in range(3000):
        row={"prompt":text(),"chosen":text(),"rejected":text(),"n":rnd.choice([1,-2.5,None,True,"x,}"]),"tags":[text(),{"a":text()}]}
        keys=list(row); rnd.shuffle(keys)
        s=json.dumps({k:row[k] for k in keys},ensure_ascii=rnd.random()<.5,separators=rnd.choice([(',',':'),(', ',': ')]))
        if rnd.random()<.4:
            b=bytearray(s.encode()); 
            for _ in range(rnd.randrange(1,3)):
                j=rnd.randrange(len(b)); 
                c=rnd.choice(b'"\\{}[],: au0\x01')
                if rnd.random()<.5: b[j]=c
                else: b.insert(j,c)
            s=bytes(b)
        else: s=s.encode()
        lines.append(s.replace(b"\n",b" "))
    block=b"\n".join(lines)+b"\n"
    got,left=decoded(block,F)
    print(len(got),len(left))
    wrong=0
    def strict(line):
        def pairs(p):
            if len({k for k,_ in p})!=len(p): raise ValueError
            return dict(p)
        v=json.loads(line,object_pairs_hook=pairs)
        if list(sorted(v))!=sorted(F) or not all(isinstance(v[k],str) for k in F[:3]): raise ValueError
        for k in F[:3]: v[k].encode()
        return [v[k] for k in F]
    for i,l in enumerate(lines):
        try: exp=strict(l.decode())
        except Exception: exp=None
        if i in got:
            if exp is None or exp!=got[i]:
                wrong+=1
                if wrong<6: print("WRONG",i,l,exp,got[i])
        elif exp is not None:
            wrong+=1
            if wrong<6: print("MISSED",i,l)
    print("wrong",wrong)
